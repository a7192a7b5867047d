// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Pipelines
import Synchronization
import TestSupport
import Tracking

/// A fresh installation that can run pipelines with the real runner and store, under a clock moved by hand.
struct World: Sendable {
    let folder: String
    let governor: Governor
    let clock: HandClock
    let blobs: FlakyBlobs
    let runner: ProcessStepRunner
    let complaints = Complaints()

    var snapshots: SnapshotCatalogue { SnapshotCatalogue(governor: governor, blobs: blobs) }
    var catalogue: PipelineCatalogue { PipelineCatalogue(governor: governor) }
    var triggers: Triggers { Triggers(governor: governor) }
    var executions: Executions {
        Executions(governor: governor, snapshots: snapshots, blobs: blobs, runner: runner) { _, _ in "opensesame" }
    }
    let caller = Caller.controller("tests", in: "default")

    static func with<Result>(_ engine: TestDatabase, _ body: (World) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let migrations = [
            GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, TrackingMigrations.list, LineageMigrations.list,
            PipelinesMigrations.list, TriggersMigrations.list, TriggerActionsMigrations.list,
        ]
        return try await engine.withDatabase(migrations) { database in
            let clock = HandClock()
            let vault = try KeyFileVault(path: folder + "/keys.json", clock: clock)
            return try await body(
                World(
                    folder: folder, governor: Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock)),
                    clock: clock, blobs: FlakyBlobs(try await LocalBlobStore(folder: folder + "/blobs", vault: vault, clock: clock)),
                    runner: try ProcessStepRunner(folder: folder + "/attempts")))
        }
    }

    /// A worker; steps find the world's folder in `WORLD`.
    func engine(
        owner: String = "worker", runner: (any StepRunner)? = nil, models: any ModelDirectory = NoModels(), slots: Int = 8,
        gpus: GPUSlots = GPUSlots(devices: []),
        handlers: [StepSpecification.Kind: any StepHandler] = [:], clock: any Clock<Duration> = HurriedClock()
    ) -> ExecutionEngine {
        ExecutionEngine(
            governor: governor, snapshots: snapshots, models: models, runner: runner ?? self.runner, blobs: blobs,
            folders: StepFolders(root: folder + "/work"), handlers: handlers,
            settings: WorkerSettings(
                owner: owner, environment: ["PATH": "/usr/bin:/bin", "WORLD": folder], cancelGrace: .seconds(5), slots: slots, gpus: gpus,
                environmentsFolder: folder + "/environments", secret: { _, _ in "opensesame" }
            ) { execution, _ in ["TOKEN": "for \(execution.id)"] },
            clock: clock, report: { complaints.add($0, $1) })
    }

    /// Runs `body` beside a worker that is stopped afterwards.
    func working<Result: Sendable>(_ engine: ExecutionEngine, _ body: () async throws -> Result) async throws -> Result {
        async let _: Void = engine.run()
        let result = try await body()
        return result
    }

    /// Applies a document with these files and starts it.
    func start(_ document: String, files: [String: String] = [:], _ parameters: [String: JSONValue] = [:]) async throws -> Execution {
        var sources: [String: BlobDigest] = [:]
        for (path, text) in files { sources[path] = try await put(text).digest }
        let version = try await catalogue.apply(document, sources: sources, codeCommit: nil, by: caller)
        return try await executions.start(version.pipeline, parameters: parameters, by: caller)
    }

    /// The execution once it satisfies `condition`; looked at after every commit.
    func execution(_ id: String, when condition: @escaping @Sendable (Report) -> Bool) async throws -> Report {
        let (commits, commit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        governor.onCommit { commit.yield() }
        commit.yield()
        for await _ in commits {
            let report = try await report(id)
            if condition(report) { return report }
        }
        throw CancellationError()
    }

    func ended(_ id: String) async throws -> Report { try await execution(id) { $0.execution.ended != nil } }

    func report(_ id: String) async throws -> Report {
        let report = try await executions.get(id, by: caller)
        return Report(execution: report.execution, progress: report.state, attempts: report.attempts, results: report.results)
    }

    func put(_ text: String) async throws -> BlobInfo { try await blobs.put(Chunks(text), limit: 1 << 30) }

    func text(of output: StepOutput?) async throws -> String? {
        guard case .file(let digest, _)? = output else { return nil }
        var bytes: [UInt8] = []
        for try await chunk in try await blobs.get(digest, range: nil).bytes { bytes += chunk }
        return String(decoding: bytes, as: UTF8.self)
    }

    func log(_ id: String, _ step: String) async throws -> String {
        let bytes = try await executions.log(of: id, step: step, attempt: nil, from: 0, limit: 1 << 20, by: caller)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Lines of a file that steps append to.
    func lines(_ name: String) -> Int {
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))?.split(separator: "\n").count ?? 0
    }

    func verbs() async throws -> [String] {
        try await governor.database.read { try $0.rows("SELECT verb FROM ledger_entry ORDER BY id").map { try $0["verb"] } }
    }
}

/// An execution as a person would see it.
struct Report: Sendable {
    var execution: Execution
    var progress: ExecutionState
    var attempts: [Attempt]
    var results: [StepResult]

    func state(_ unit: StepUnit) -> StepState? { progress[unit]?.state }
    func attempts(_ unit: StepUnit) -> [Attempt] { attempts.filter { $0.unit == unit } }
    func result(_ unit: StepUnit) -> StepResult? { results.first { $0.unit == unit } }
}

/// A pipeline of shell steps.
func pipeline(_ steps: String, named name: String = "sample", parameters: String = "[]") -> String {
    """
    apiVersion: dhow/v1
    kind: Pipeline
    metadata: {name: \(name)}
    spec:
      parameters: \(parameters)
      steps:
    \(steps.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n"))
    """
}
