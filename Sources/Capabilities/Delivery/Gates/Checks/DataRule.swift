// SPDX-License-Identifier: Apache-2.0

import Backends
package import Contracts
import Domain
import Tracking

/// What the snapshots behind a decision must be: by a contract, by the change of their schema, by how far they moved from what was learnt.
///
/// Judged by reports and profiles that are kept; no data is read.
package struct DataRule: GateRule, Hashable {
    package enum Which: String, Codable, Hashable, CaseIterable, Sendable {
        /// Those that the evidence comes from.
        case heldOut
        /// Those that the version was made of, without the held-out ones.
        case training
        case all
    }

    /// How far a held-out snapshot's columns may have moved from the newest of the training snapshots.
    package struct DriftLimit: Codable, Hashable, Sendable {
        /// Population stability index beyond what the numbers of rows alone give.
        package var atMost: Double
        /// All columns of both when nil.
        package var columns: [String]?

        package init(atMost: Double, columns: [String]? = nil) {
            self.atMost = atMost
            self.columns = columns
        }

        private enum CodingKeys: String, CodingKey, CaseIterable { case atMost, columns }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
            atMost = try container.decode(Double.self, forKey: .atMost)
            columns = try container.decodeIfPresent([String].self, forKey: .columns)
        }
    }

    /// What one demand came to for one snapshot.
    package struct Verdict: Equatable, Sendable {
        package var snapshot: String
        package var outcome: GateOutcome
        package var reason: String
        /// The contract report it rests on.
        package var report: String?
    }

    package static let maximumColumns = 1_000

    package var contract: String?
    package var schema: SchemaEvolution.Classification?
    package var drift: DriftLimit?
    package var of: Which

    package init(
        contract: String? = nil, schema: SchemaEvolution.Classification? = nil, drift: DriftLimit? = nil, of: Which = .heldOut
    ) {
        self.contract = contract
        self.schema = schema
        self.drift = drift
        self.of = of
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case contract, schema, drift, of }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            contract: try container.decodeIfPresent(String.self, forKey: .contract),
            schema: try container.decodeIfPresent(SchemaEvolution.Classification.self, forKey: .schema),
            drift: try container.decodeIfPresent(DriftLimit.self, forKey: .drift),
            of: try container.decodeIfPresent(Which.self, forKey: .of) ?? .heldOut)
    }

    package var fault: String? {
        if contract == nil, schema == nil, drift == nil { return "It demands a contract, a schema or a limit of drift." }
        guard let drift else { return nil }
        if !(drift.atMost >= 0 && drift.atMost.isFinite) { return "The limit of drift is finite and not negative." }
        if of == .training { return "Drift is that of held-out snapshots from the training ones." }
        return drift.columns.map { $0.isEmpty || $0.count > Self.maximumColumns } == true
            ? "Name 1 to \(Self.maximumColumns) columns." : nil
    }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        guard let verdicts = evidence.data[self] else { return .init(.inconclusive, "Nothing is known of the snapshots.") }
        guard !verdicts.isEmpty else {
            return .init(.failed, "The report names no \(of == .training ? "training " : "")snapshots to judge.")
        }
        let outcome = GateOutcome(of: verdicts.map(\.outcome))
        let told =
            verdicts.first { $0.outcome == outcome && outcome != .passed }?.reason ?? "All \(verdicts.count) demands on the data hold."
        let details = verdicts.map { verdict in
            ["snapshot": verdict.snapshot, "outcome": verdict.outcome.rawValue, "reason": verdict.reason]
                .merging(verdict.report.map { ["report": $0] } ?? [:]) { first, _ in first }
        }
        return .init(outcome, told, ["demands": String(verdicts.count)], details)
    }
}

// MARK: what is known

extension DataRule {
    /// - Parameter training: Without the held-out ones.
    /// - Throws: `Problem` `.notFound` for an unknown contract or snapshot.
    func verdicts(
        heldOut: [String], training: [String], in transaction: any Transaction, workspace: String
    ) throws -> [Verdict] {
        let meant =
            switch of {
            case .heldOut: heldOut
            case .training: training
            case .all: heldOut + training
            }
        var verdicts = try DataDemand(contract: contract, schema: schema).judge(meant, in: transaction, workspace: workspace).map {
            verdict in
            Verdict(
                snapshot: verdict.snapshot, outcome: GateOutcome(rawValue: verdict.outcome.rawValue) ?? .inconclusive,
                reason: verdict.reason, report: verdict.report)
        }
        if let drift {
            let table = SnapshotTable(transaction: transaction, workspace: workspace)
            let baseline = try training.compactMap { try table.find($0) }.max { ($0.recorded, $0.ordinal) < ($1.recorded, $1.ordinal) }
            for id in heldOut {
                guard let snapshot = try table.find(id) else { throw Snapshot.unknown(id) }
                verdicts.append(Self.verdict(drift, of: snapshot, from: baseline))
            }
        }
        return verdicts
    }

    private static func verdict(_ limit: DriftLimit, of snapshot: Snapshot, from baseline: Snapshot?) -> Verdict {
        func verdict(_ outcome: GateOutcome, _ reason: String) -> Verdict {
            Verdict(snapshot: snapshot.id, outcome: outcome, reason: reason)
        }
        guard let baseline else { return verdict(.inconclusive, "The version names no training snapshot to measure drift from.") }
        let columns = SnapshotDiff(from: baseline, to: snapshot).columns.filter { limit.columns?.contains($0.name) ?? ($0.change == .kept) }
        if let absent = limit.columns?.first(where: { name in !columns.contains { $0.name == name && $0.change == .kept } }) {
            return verdict(.failed, "The column '\(absent.printable)' is not in both snapshots with one type.")
        }
        let known = columns.compactMap { column in column.shift.map { (column.name, $0.index - $0.noiseFloor) } }
        guard let worst = known.max(by: { $0.1 < $1.1 }) else {
            return verdict(.inconclusive, "No column's values can be compared: one of the two snapshots has no profile.")
        }
        let words =
            "Column '\(worst.0.printable)' moved most from training snapshot \(baseline.dataset)/\(baseline.ordinal): stability index "
            + "\(worst.1) beyond noise, at most \(limit.atMost) is allowed."
        return verdict(worst.1 > limit.atMost ? .failed : .passed, words)
    }
}
