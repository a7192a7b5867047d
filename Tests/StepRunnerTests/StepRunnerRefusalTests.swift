// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite("A step runner refuses")
struct StepRunnerRefusalTests {
    @Test("attempt ids that are paths", arguments: ["", ".", "..", "../a", "a/b", "/a", ".hidden", "a b", "a\u{0}b", "%2e"])
    func identifiers(_ id: String) async throws {
        for kind in TestedRunner.allCases {
            let world = try StepWorld(kind)
            await #expect(throws: Problem.self) { try await world.runner.submit(world.shell(id, "true")) }
            await #expect(throws: Problem.self) { try await world.runner.state(of: id) }
            await #expect(throws: Problem.self) { try await world.runner.wait(for: id) }
            await #expect(throws: Problem.self) { try await world.runner.log(of: id, from: 0, limit: 1) }
            await #expect(throws: Problem.self) { try await world.runner.cancel(id, grace: .zero) }
            await #expect(throws: Problem.self) { try await world.runner.forget(id) }
        }
    }

    @Test("what no process can be started with, and keeps nothing of it", arguments: TestedRunner.allCases)
    func malformed(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        func expectRefusal(_ code: String, _ change: (inout AttemptSpecification) -> Void) async throws {
            var attempt = world.shell("a1", "true")
            change(&attempt)
            let refused = attempt
            let problem = await #expect(throws: Problem.self) { try await world.runner.submit(refused) }
            #expect(problem?.code == code)
            #expect(problem?.kind == .invalid)
            #expect(try await world.runner.state(of: "a1") == .unknown)
        }
        try await expectRefusal("steps.command.malformed") { $0.command = [] }
        try await expectRefusal("steps.command.malformed") { $0.command = [""] }
        try await expectRefusal("steps.command.malformed") { $0.command = ["echo", "a\u{0}"] }
        try await expectRefusal("steps.environment.malformed") { $0.environment["1A"] = "" }
        try await expectRefusal("steps.environment.malformed") { $0.environment["A=B"] = "" }
        try await expectRefusal("steps.environment.malformed") { $0.environment["__dhow_pid"] = "" }
        try await expectRefusal("steps.environment.malformed") { $0.environment["A"] = "\u{0}" }
        try await expectRefusal("steps.folder.missing") { $0.workingFolder += "/none" }
        try await expectRefusal("steps.folder.missing") { $0.workingFolder = "tmp" }
        try await expectRefusal("steps.limit.outOfRange") { $0.timeoutSeconds = 0 }
        try await expectRefusal("steps.limit.outOfRange") { $0.resources.memoryBytes = -1 }
        try await expectRefusal("steps.limit.outOfRange") { $0.resources.cpuMilli = 1 }
        try await expectRefusal("steps.limit.outOfRange") { $0.resources.diskBytes = 0 }
        try await expectRefusal("steps.limit.outOfRange") { $0.resources.processes = 0 }
        try await expectRefusal("steps.limit.outOfRange") { $0.resources.gpus = [-1] }
        try await expectRefusal("steps.limit.outOfRange") { $0.grace = .seconds(-1) }
        try await expectRefusal("steps.command.tooLong") { $0.command = ["echo", String(repeating: "x", count: 1 << 20)] }
        try await expectRefusal("steps.command.tooLong") {
            $0.command += Array(repeating: String(repeating: "x", count: 1 << 10), count: 4000)
        }
    }

    @Test("nothing that is unknown: it says so", arguments: TestedRunner.allCases)
    func unknown(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        #expect(try await world.runner.state(of: "a1") == .unknown)
        #expect(try await world.runner.wait(for: "a1") == .unknown)
        try await world.runner.cancel("a1", grace: .zero)
        try await world.runner.forget("a1")
        let problem = await #expect(throws: Problem.self) { try await world.runner.log(of: "a1", from: 0, limit: 1) }
        #expect(problem?.kind == .notFound)
    }

    @Test("to forget what runs", arguments: TestedRunner.allCases)
    func forget(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", "read line <more"))
        let problem = await #expect(throws: Problem.self) { try await world.runner.forget("a1") }
        #expect(problem?.code == "steps.attempt.running")
        let descriptor = more.release()
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        close(descriptor)
        try await world.runner.forget("a1")
        #expect(try await world.runner.state(of: "a1") == .unknown)
    }
}
