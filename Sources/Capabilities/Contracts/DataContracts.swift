// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance
import Synchronization
package import Tracking

/// The use cases of data contracts. Drafts and schema evolution are in `DataContracts+Schemas`.
package struct DataContracts: Sendable {
    package static let maximumPage = 1_000
    /// Checks of one server at a time; each is a process that may use as much as its limits say.
    package static let maximumChecks = 4

    let governor: Governor
    let snapshots: SnapshotCatalogue
    let engine: any AnalyticalEngine
    private let blobs: any BlobStore
    private let folder: String
    private let running = Running()

    /// - Parameter folder: For the files of snapshots while they are judged; nothing in it outlives a check.
    package init(
        governor: Governor, snapshots: SnapshotCatalogue, blobs: any BlobStore, engine: any AnalyticalEngine, folder: String
    ) {
        self.governor = governor
        self.snapshots = snapshots
        self.blobs = blobs
        self.engine = engine
        self.folder = folder
    }

    /// Judges a snapshot by a contract and keeps what was found.
    ///
    /// - Throws: `Problem` `.notFound` for an unknown contract or snapshot, `.invalid` for files that are neither CSV nor Parquet or a
    ///   contract about another dataset, `.exhausted` when as many checks run as may.
    package func check(
        _ name: String, _ snapshotID: String, limits: AnalyticalLimits = AnalyticalLimits(), by caller: Caller
    ) async throws -> ContractReport {
        try governor.require(.snapshotRecord, of: caller)
        let contract = try await contract(name, by: caller)
        let snapshot = try await snapshots.get(snapshotID, by: caller)
        if let dataset = contract.specification.dataset, dataset != snapshot.dataset {
            throw Problem(
                .invalid, "contracts.snapshot.other-dataset",
                "Data contract '\(name)' is about dataset '\(dataset)', and the snapshot is of '\(snapshot.dataset)'.",
                fix: "Give a snapshot of '\(dataset)', or leave 'dataset' out of the contract.")
        }
        let (findings, references) = try await judge(contract.specification, snapshot, limits: limits, by: caller)
        return try await governor.change(.snapshotRecord, by: caller) { change in
            let report = ContractReport(
                id: change.newIdentifier(), contract: name, revision: contract.revision, snapshot: snapshot.id, references: references,
                findings: findings, checkedBy: caller.principal.qualifiedName, created: change.time)
            try ContractReportTable(transaction: change.transaction, workspace: change.workspace).insert(report)
            try change.record(
                "contract.\(report.outcome.rawValue)", on: "snapshot/\(snapshot.dataset)/\(snapshot.id)",
                [
                    "contract": .string(name), "revision": .integer(Int64(contract.revision)), "report": .string(report.id),
                    "failed": .integer(Int64(findings.findings.count { $0.outcome == .failed })),
                ])
            return report
        }
    }

    package func contract(_ name: String, by caller: Caller) async throws -> DataContract {
        try await governor.read(.snapshotRead, by: caller) {
            try DataContractTable(transaction: $0, workspace: caller.workspace).require(name)
        }
    }

    /// By name, ascending.
    package func contracts(after name: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [DataContract] {
        let limit = max(1, min(limit, Self.maximumPage))
        return try await governor.read(.snapshotRead, by: caller) {
            try DataContractTable(transaction: $0, workspace: caller.workspace).list(after: name, limit: limit)
        }
    }

    /// Newest first.
    ///
    /// - Parameter id: The last report already seen.
    package func reports(
        contract: String? = nil, snapshot: String? = nil, before id: String? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> [ContractReport] {
        let limit = max(1, min(limit, Self.maximumPage))
        return try await governor.read(.snapshotRead, by: caller) {
            try ContractReportTable(transaction: $0, workspace: caller.workspace).list(
                contract: contract, snapshot: snapshot, before: id, limit: limit)
        }
    }

    /// - Throws: `Problem` `.notFound`.
    package func report(_ id: String, by caller: Caller) async throws -> ContractReport {
        let found = try await governor.read(.snapshotRead, by: caller) {
            try ContractReportTable(transaction: $0, workspace: caller.workspace).find(id)
        }
        guard let found else {
            throw Problem(
                .notFound, "contracts.report.unknown", "Contract report '\(id.printable)' does not exist.",
                fix: "List them: dhow contract reports CONTRACT.")
        }
        return found
    }

    /// The newest report about a snapshot by the contract as it stands now; nil when it has not been checked since it was changed.
    package func standing(of contract: String, on snapshot: String, by caller: Caller) async throws -> ContractReport? {
        try await governor.read(.snapshotRead, by: caller) { transaction in
            try Self.standing(of: contract, on: snapshot, in: transaction, workspace: caller.workspace)
        }
    }

    /// The same within a transaction, for gates that demand it.
    ///
    /// - Throws: `Problem` `.notFound` for an unknown contract.
    package static func standing(
        of contract: String, on snapshot: String, in transaction: any Transaction, workspace: String
    ) throws -> ContractReport? {
        let revision = try DataContractTable(transaction: transaction, workspace: workspace).require(contract).revision
        return try ContractReportTable(transaction: transaction, workspace: workspace)
            .list(contract: contract, snapshot: snapshot, before: nil, limit: 1).first { $0.revision == revision }
    }

    /// Creates the contract or gives it a new specification; applying the same one again changes nothing.
    package func apply(_ specification: ContractSpecification, by caller: Caller) async throws -> DataContract {
        try specification.validate()
        return try await governor.change(.snapshotRecord, by: caller) { try Self.apply(specification, in: $0) }
    }

    static func apply(_ specification: ContractSpecification, in change: Change) throws -> DataContract {
        let table = DataContractTable(transaction: change.transaction, workspace: change.workspace)
        let known = try table.find(specification.name)
        if let known, known.specification == specification { return known }
        let contract = DataContract(
            specification: specification, revision: try table.lastRevision(specification.name) + 1, created: known?.created ?? change.time,
            changed: change.time)
        try table.put(contract)
        try change.record(
            "contract.applied", on: "contract/\(contract.name)",
            [
                "revision": .integer(Int64(contract.revision)),
                "digest": .string(try CanonicalSpec.digest(of: CanonicalSpec.encode(specification))),
            ])
        return contract
    }

    /// Reports are kept.
    static func delete(_ name: String, in change: Change) throws {
        let table = DataContractTable(transaction: change.transaction, workspace: change.workspace)
        _ = try table.require(name)
        try table.delete(name, at: change.time)
        try change.record("contract.deleted", on: "contract/\(name)")
    }

    private func judge(
        _ specification: ContractSpecification, _ snapshot: Snapshot, limits: AnalyticalLimits, by caller: Caller
    ) async throws -> (findings: ContractFindings, references: [String: String]) {
        try await inFolder { folder in
            let source = try await receive(snapshot, as: "data", in: folder)
            var sources: [String: AnalyticalSource] = [:]
            var references: [String: String] = [:]
            for (index, dataset) in Set(specification.references.map(\.dataset)).sorted().enumerated() {
                guard let newest = try await snapshots.latest(dataset, by: caller).first else { continue }
                references[dataset] = newest.id
                sources[dataset] = try await receive(newest, as: "other\(index)", in: folder)
            }
            let hidesAll = !ContractColumn.hiddenLabels.isDisjoint(with: snapshot.labels.classifications)
            let check = ContractCheck(specification, engine: engine, limits: limits, hidesAll: hidesAll)
            return (try await check.run(source, references: sources, in: folder, now: governor.clock.now()), references)
        }
    }

    func inFolder<Result>(_ body: (AnalysisFolder) async throws -> Result) async throws -> Result {
        try running.begin()
        defer { running.end() }
        return try await AnalysisFolder.with(in: folder, named: governor.identifiers.next(), body)
    }

    /// Puts a snapshot's files into a folder, decrypted and verified.
    func receive(_ snapshot: Snapshot, as name: String, in folder: AnalysisFolder) async throws -> AnalyticalSource {
        let format = try SourceFormat(of: snapshot.files.map(\.name))
        var files: [String] = []
        for (index, file) in snapshot.files.enumerated() {
            let own = "\(name)-\(index).\(format.suffix(of: file.name))"
            try await folder.receive(try await blobs.get(file.digest, range: nil).bytes, as: own)
            files.append(own)
        }
        return try await format.source(files, in: folder, header: snapshot.columns.isEmpty ? nil : snapshot.columns.map(\.name))
    }

    /// Counts the checks that run.
    private final class Running: Sendable {
        private let count = Mutex(0)

        func begin() throws(Problem) {
            let isFree = count.withLock { count in
                guard count < DataContracts.maximumChecks else { return false }
                count += 1
                return true
            }
            guard isFree else {
                throw Problem(
                    .exhausted, "contracts.checks.busy", "\(DataContracts.maximumChecks) checks of data are running already.",
                    fix: "Try again when one has ended.")
            }
        }

        func end() { count.withLock { $0 -= 1 } }
    }
}
