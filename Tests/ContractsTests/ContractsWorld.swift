// SPDX-License-Identifier: Apache-2.0

import Backends
import Contracts
import Domain
import DuckDB
import Foundation
import Governance
import Synchronization
import TestSupport
import Tracking

/// A fresh installation with snapshots and contracts, judged by the real DuckDB.
struct ContractsWorld: Sendable {
    let governor: Governor
    let clock: HandClock
    let blobs: LocalBlobStore
    let snapshots: SnapshotCatalogue
    let contracts: DataContracts
    let folder: String
    let caller = Caller.controller("tests", in: "default")

    static func with<Result>(_ engine: TestDatabase, _ body: (ContractsWorld) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "contracts-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let migrations = [
            GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, TrackingMigrations.list, LineageMigrations.list,
            TraceMigrations.list, ArtifactUploadMigrations.list, EvaluationDatasetMigrations.list, ImportMigrations.list,
            DataContractMigrations.list,
        ]
        return try await engine.withDatabase(migrations) { database in
            let clock = HandClock()
            let vault = try KeyFileVault(path: folder + "/keys.json", clock: clock)
            let governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
            let blobs = try await LocalBlobStore(folder: folder + "/blobs", vault: vault, clock: clock)
            let snapshots = SnapshotCatalogue(governor: governor, blobs: blobs)
            let contracts = DataContracts(
                governor: governor, snapshots: snapshots, blobs: blobs, engine: try Bench.engine(in: folder), folder: folder + "/analysis")
            return try await body(
                ContractsWorld(
                    governor: governor, clock: clock, blobs: blobs, snapshots: snapshots, contracts: contracts, folder: folder))
        }
    }

    func record(_ text: String, as dataset: String, file: String = "data.csv", classifications: [String] = []) async throws -> Snapshot {
        try await record(Array(text.utf8), as: dataset, file: file, classifications: classifications)
    }

    func record(_ bytes: [UInt8], as dataset: String, file: String, classifications: [String] = []) async throws -> Snapshot {
        let blob = try await blobs.put(Once(bytes: bytes), limit: 1 << 30)
        return try await snapshots.record(
            dataset: dataset, files: [(file, blob)], jurisdiction: nil, classifications: classifications, by: caller)
    }

    /// Verbs in the ledger, in the order they were written.
    func verbs() async throws -> [String] {
        try await governor.database.read { try $0.rows("SELECT verb FROM ledger_entry ORDER BY id").map { try $0["verb"] } }
    }
}

/// Checks of bytes, without a database.
struct Bench {
    static func engine(in folder: String) throws -> DuckDBEngine {
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return DuckDBEngine(
            program: DuckDBProgram.locate(explicit: nil, environment: ProcessInfo.processInfo.environment, besides: [project.path]),
            runner: try ProcessStepRunner(folder: folder + "/steps"))
    }

    /// What a contract finds in files, by name.
    static func check(
        _ contract: ContractSpecification, _ files: [(name: String, bytes: [UInt8])],
        references: [String: (name: String, bytes: [UInt8])] = [:],
        limits: AnalyticalLimits = AnalyticalLimits(), hidesAll: Bool = false, now: Int64 = 1_700_000_000_000
    ) async throws -> ContractFindings {
        try contract.validate()
        let folder = FileManager.default.temporaryDirectory.appending(path: "contracts-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/given", withIntermediateDirectories: true)
        func place(_ file: (name: String, bytes: [UInt8])) throws -> String {
            let path = "\(folder)/given/\(file.name)"
            try Data(file.bytes).write(to: URL(filePath: path))
            return path
        }
        let check = ContractCheck(contract, engine: try engine(in: folder), limits: limits, hidesAll: hidesAll)
        let findings = try await check.run(
            files: try files.map(place), references: try references.mapValues { [try place($0)] }, root: folder + "/analysis",
            now: Timestamp(milliseconds: now))
        guard try FileManager.default.contentsOfDirectory(atPath: folder + "/analysis").isEmpty else {
            throw Problem(.internal, "test.files.left", "Files of the analysis were left behind.")
        }
        return findings
    }

    static func check(_ contract: ContractSpecification, csv: String, hidesAll: Bool = false) async throws -> ContractFindings {
        try await check(contract, [("data.csv", Array(csv.utf8))], hidesAll: hidesAll)
    }

    /// The Parquet file that a query of DuckDB's makes.
    static func parquet(_ sql: String) async throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parquet-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let program = try DuckDBProgram.locate(
            explicit: nil, environment: ProcessInfo.processInfo.environment, besides: [project.path]
        ).require()
        let runner = try ProcessStepRunner(folder: folder + "/steps")
        let attempt = AttemptSpecification(
            attemptID: "make", command: [program, "-no-init", "-c", "COPY (\(sql)) TO 'made.parquet' (FORMAT parquet)"], environment: [:],
            workingFolder: folder)
        try await runner.submit(attempt)
        guard try await runner.wait(for: "make") == .succeeded else {
            throw Problem(
                .internal, "test.parquet", String(decoding: try await runner.log(of: "make", from: 0, limit: 10_000), as: UTF8.self))
        }
        return Array(try Data(contentsOf: URL(filePath: folder + "/made.parquet")))
    }
}

extension ContractFindings {
    /// `rule subject outcome` of those that did not pass.
    var faults: [String] { findings.filter { $0.outcome != .passed }.map { "\($0.rule.rawValue) \($0.subject) \($0.outcome.rawValue)" } }

    func finding(_ rule: ContractFinding.Rule, _ subject: String) -> ContractFinding? {
        findings.first { $0.rule == rule && $0.subject == subject }
    }
}

extension ContractFinding {
    /// Values of single columns with how many rows have them.
    var values: [String] { examples.map { "\($0.cells[0].value ?? "null") \($0.rows ?? 0) \($0.row ?? 0)" } }
}

final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

struct Once: AsyncSequence, Sendable {
    var bytes: [UInt8]

    func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes) }

    struct Iterator: AsyncIteratorProtocol {
        var bytes: [UInt8]?

        mutating func next() async throws -> [UInt8]? {
            defer { bytes = nil }
            return bytes
        }
    }
}
