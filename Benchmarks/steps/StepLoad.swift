// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// Many attempts of `/bin/true`, each submitted, waited for and forgotten.
struct StepLoad: Sendable {
    enum Kind: String, CaseIterable {
        case plain, limited, sandbox

        var resources: AttemptResources {
            self == .limited ? AttemptResources(cpuMilli: 1000, memoryBytes: 256 << 20, processes: 100) : AttemptResources()
        }

        var isolation: AttemptIsolation { self == .sandbox ? .sandbox(isRequired: true, hasNetwork: false) : .none }
    }

    let runner: ProcessStepRunner
    let workingFolder: String

    func measure(_ kind: Kind, count: Int, width: Int) async throws -> String {
        // The launcher's start is none of the steps'.
        try await run("\(kind.rawValue)-first", kind)
        let launcher = try ProcessTimes.launcher()
        let before = try (ProcessTimes(getpid()), ProcessTimes(launcher))
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<width {
                group.addTask {
                    for index in stride(from: lane, to: count, by: width) { try await run("\(kind.rawValue)-\(index)", kind) }
                }
            }
            try await group.waitForAll()
        }
        let wall = (ContinuousClock.now - start) / .seconds(1)
        let after = try (ProcessTimes(getpid()), ProcessTimes(launcher))
        let per = { (seconds: Double) in seconds * 1000 / Double(count) }
        let server = per(after.0.own - before.0.own)
        let starting = per(after.1.own - before.1.own)
        let running = per(after.1.children - before.1.children)
        return String(
            format: ": %.3f ms CPU a step (server %.3f, launcher %.3f, supervisor and command %.3f), %.3f ms wall",
            server + starting + running,
            server, starting, running, per(wall)
        ).withName(kind.rawValue)
    }

    private func run(_ id: String, _ kind: Kind) async throws {
        try await runner.submit(
            AttemptSpecification(
                attemptID: id, command: ["/bin/true"], environment: ["PATH": "/usr/bin:/bin"], workingFolder: workingFolder,
                resources: kind.resources, isolation: kind.isolation))
        let state = try await runner.wait(for: id)
        guard state == .succeeded else { throw Problem(.internal, "bench.step.failed", "A step ended as \(state).") }
        try await runner.forget(id)
    }
}

extension String {
    fileprivate func withName(_ name: String) -> String { name + self }
}
