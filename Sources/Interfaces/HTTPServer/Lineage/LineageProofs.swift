// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import Governance

/// Looks up what the ledger says about the links of a lineage, in one transaction.
struct LineageProofs {
    /// Entries shown of one resource; a rollout has a few, nothing here has many.
    static let maximumEntries = 50

    let transaction: any Transaction
    let workspace: String

    /// The node and all beneath it with their entries, receipts and faults.
    func answer(_ node: LineageNode) throws -> LineageNodeAnswer {
        var faults: [String] = []
        var entries: [LineageEntryAnswer] = []
        for claim in node.claims {
            let found = try find(claim.place)
            if found.isEmpty, claim.isRequired { faults.append(claim.absence) }
            for sequenced in found {
                faults += claim.disagreements(with: sequenced.entry.payload).map { "Entry \(sequenced.seq): \($0)" }
                entries.append(try answer(sequenced))
            }
        }
        return LineageNodeAnswer(
            kind: node.kind.rawValue, name: node.name, missing: node.missing,
            facts: node.facts.map { LineageFactAnswer(name: $0.name, value: $0.value) }, faults: faults,
            entries: entries.sorted { $0.seq < $1.seq }, children: try node.children.map(answer))
    }

    /// Oldest first.
    private func find(_ place: LedgerClaim.Place) throws -> [SequencedEntry] {
        let reader = LedgerReader(transaction: transaction)
        switch place {
        case .entry(let id):
            guard let (seq, entry) = try reader.entry(id: id), let seq, entry.workspace == workspace else { return [] }
            return [SequencedEntry(seq: seq, entry: entry)]
        case .resource(let resource, let verbs):
            let wanted: [String?] = verbs.isEmpty ? [nil] : verbs
            let found = try wanted.flatMap { verb in
                try reader.entries(
                    limit: Self.maximumEntries, where: LedgerFilter(workspace: workspace, resource: resource, verb: verb))
            }
            return found.filter { $0.entry.outcome == .done }
        }
    }

    private func answer(_ sequenced: SequencedEntry) throws -> LineageEntryAnswer {
        var receipt: String?
        var unproven: String?
        do {
            receipt = try LedgerProofs(transaction: transaction).receipt(for: sequenced.entry.id).description
        } catch let problem as Problem where problem.kind == .unavailable || problem.kind == .notFound {
            unproven = problem.what
        }
        let entry = sequenced.entry
        return LineageEntryAnswer(
            id: entry.id, seq: sequenced.seq, time: entry.time.milliseconds, actor: entry.actor, verb: entry.verb,
            resource: entry.resource, receipt: receipt, unproven: unproven)
    }
}
