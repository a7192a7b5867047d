// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Tracking

/// What a gate can demand of the snapshots that a decision rests on.
package struct DataDemand: Codable, Equatable, Sendable {
    /// A contract that each snapshot passed, as the contract stands now.
    package var contract: String?
    /// The gravest change of schema allowed from the snapshot before it in its dataset.
    package var schema: SchemaEvolution.Classification?

    package init(contract: String? = nil, schema: SchemaEvolution.Classification? = nil) {
        self.contract = contract
        self.schema = schema
    }

    /// What it came to for one snapshot.
    package struct Verdict: Codable, Equatable, Sendable {
        package var snapshot: String
        package var outcome: ContractFinding.Outcome
        package var reason: String
        /// The contract report it rests on.
        package var report: String?
    }

    /// Judges by what is kept; reads no data. Inconclusive where nothing is known: a snapshot that was not checked, or has no profile.
    ///
    /// - Throws: `Problem` `.notFound` for an unknown contract or snapshot.
    package func judge(_ snapshots: [String], in transaction: any Transaction, workspace: String) throws -> [Verdict] {
        let table = SnapshotTable(transaction: transaction, workspace: workspace)
        return try snapshots.flatMap { id -> [Verdict] in
            guard let snapshot = try table.find(id) else { throw Snapshot.unknown(id) }
            var verdicts: [Verdict] = []
            if let contract { verdicts.append(try keeps(contract, snapshot, in: transaction, workspace)) }
            if let schema { verdicts.append(try follows(schema, snapshot, table)) }
            return verdicts
        }
    }

    private func keeps(
        _ contract: String, _ snapshot: Snapshot, in transaction: any Transaction, _ workspace: String
    ) throws -> Verdict {
        let report = try DataContracts.standing(of: contract, on: snapshot.id, in: transaction, workspace: workspace)
        guard let report else {
            return Verdict(
                snapshot: snapshot.id, outcome: .inconclusive,
                reason:
                    "The snapshot has not been checked by contract '\(contract)' as it stands: dhow contract check \(contract) \(snapshot.id)."
            )
        }
        let failed = report.findings.findings.filter { $0.severity == .error && $0.outcome == report.outcome }
        let reason =
            report.outcome == .passed
            ? "The snapshot keeps contract '\(contract)', revision \(report.revision)."
            : "\(failed.count) rules of contract '\(contract)' are \(report.outcome.rawValue): "
                + failed.prefix(5).map { "\($0.rule.rawValue) \($0.subject)" }.joined(separator: ", ") + "."
        return Verdict(snapshot: snapshot.id, outcome: report.outcome, reason: reason, report: report.id)
    }

    private func follows(_ allowed: SchemaEvolution.Classification, _ snapshot: Snapshot, _ table: SnapshotTable) throws -> Verdict {
        func verdict(_ outcome: ContractFinding.Outcome, _ reason: String) -> Verdict {
            Verdict(snapshot: snapshot.id, outcome: outcome, reason: reason)
        }
        guard let before = try table.page(of: snapshot.dataset, before: snapshot.ordinal, limit: 1).first else {
            return verdict(.passed, "It is its dataset's first snapshot.")
        }
        guard let evolution = DataContracts.evolution(from: before, to: snapshot) else {
            return verdict(.inconclusive, "The change of the schema is not known: one of the two snapshots has no profile.")
        }
        let grave = evolution.columns.filter { $0.classification > allowed }
        guard !grave.isEmpty else {
            return verdict(.passed, "The change of the schema since snapshot \(before.ordinal) is \(evolution.classification.rawValue).")
        }
        return verdict(
            .failed,
            "The change of the schema since snapshot \(before.ordinal) is \(evolution.classification.rawValue): "
                + grave.prefix(5).map { "\($0.name.printable) (\($0.reasons.first ?? ""))" }.joined(separator: ", "))
    }
}
