// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Egress
import Foundation
import Synchronization

@testable import Serving

/// One model served by `server.py` in processes of its own.
struct ServerWorld: Sendable {
    static let version = ServedVersion(workspace: "default", model: "doubler", number: 1)
    static let model = ServerModel(
        name: "model", inputs: [TensorSpecification(name: "x", datatype: .float32, shape: [-1])],
        outputs: [TensorSpecification(name: "y", datatype: .float32, shape: [-1])])

    let folder: String
    let pool: ReplicaPool
    let servers: ModelServers
    /// Conditions in the order they came.
    let conditions: Conditions

    final class Conditions: Sendable {
        private let list = Mutex<[ReplicaPlan.Condition]>([])
        var all: [ReplicaPlan.Condition] { list.withLock { $0 } }
        func add(_ condition: ReplicaPlan.Condition) { list.withLock { $0.append(condition) } }
    }

    /// Everything quick, one replica, without sandbox.
    static var settings: ModelServerSettings {
        var settings = ModelServerSettings(
            command: ["/usr/bin/python3", "{model}/server.py", "{port}", "{model}"], wire: .openInference,
            environment: ["PATH": "/usr/bin:/bin"])
        settings.scaling.concurrency = 8
        settings.healthInterval = .milliseconds(50)
        settings.startInterval = .milliseconds(20)
        settings.turn = .milliseconds(50)
        settings.grace = .milliseconds(200)
        return settings
    }

    static func with(
        mode: String = "right", _ settings: ModelServerSettings = Self.settings, _ body: @Sendable (ServerWorld) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/dhow-servers-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let runner = try ProcessStepRunner(folder: folder + "/attempts", settings: StepRunnerSettings(usesSandbox: false))
        let conditions = Conditions()
        let servers = try ModelServers(settings: settings, runner: runner, servers: LocalServerClient(), folder: folder) {
            conditions.add($0.condition)
        }
        let blobs = MemoryBlobs()
        let script = [UInt8](try Data(contentsOf: Fixtures.project.appendingPathComponent("Tests/ModelServer/server.py")))
        let files = [
            ServedFile(path: "server.py", digest: blobs.keep(script, number: 1), size: Int64(script.count)),
            ServedFile(path: "mode", digest: blobs.keep(Array(mode.utf8), number: 2), size: Int64(mode.utf8.count)),
        ]
        let pool = try await servers.host(Self.version, Self.model, files, from: blobs)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await servers.run() }
            do {
                try await body(ServerWorld(folder: folder, pool: pool, servers: servers, conditions: conditions))
            } catch {
                servers.stop()
                throw error
            }
            servers.stop()
        }
    }

    func double(_ values: Float...) async throws -> [Float] {
        try await pool.infer([Tensor(name: "x", shape: [values.count], values: .float32(values))], outputs: nil)[0].floats
    }

    /// Files of that name that replicas have written.
    func written(_ prefix: String) -> [String] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return names.filter { ($0 as NSString).lastPathComponent.hasPrefix(prefix) }.map { "\(folder)/\($0)" }
    }

    /// The process of the one replica that answers, once it does.
    func firstProcess() async throws -> pid_t {
        while true {
            if pool.status.ready == 1, let process = process() { return process }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The process of the one replica that runs; nothing while its file, or a folder beside it, comes or goes.
    func process() -> pid_t? {
        written("pid").first.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }.flatMap { pid_t($0) }
    }

    /// Looks again and again until it is so; the test's own time limit ends a test that waits in vain.
    func until(_ isSo: () -> Bool) async throws {
        while !isSo() { try await Task.sleep(for: .milliseconds(5)) }
    }
}
