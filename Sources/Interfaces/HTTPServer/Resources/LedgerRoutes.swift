// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
package import Governance
import Hummingbird

/// The workspace's ledger entries and their proofs.
package struct LedgerRoutes: RouteGroup {
    private let governor: Governor
    private let key: String

    /// - Parameter key: The public key checkpoints are signed with, as text.
    package init(governor: Governor, key: String) {
        self.governor = governor
        self.key = key
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/ledger/entries", .permission(.ledgerRead), handler: list),
            Route(.get, "/api/v1/ledger/entries/{entry}/receipt", .permission(.ledgerRead), handler: receipt),
            Route(.get, "/api/v1/ledger/checkpoint", .permission(.ledgerRead), handler: checkpoint),
            Route(.get, "/api/v1/ledger/key", .permission(.ledgerRead)) { _, _ in Answer.text(key + "\n") },
        ]
    }

    /// Newest first; `resource` takes what lies beneath it too.
    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let before = try query.integer("after")
        let filter = LedgerFilter(
            workspace: context.caller.workspace, resourcePrefix: query.text("resource"), verb: query.text("verb"),
            actor: query.text("actor"))
        let entries = try await governor.read(.ledgerRead, by: context.caller) {
            try LedgerReader(transaction: $0).latest(before: before, limit: query.limit, where: filter)
        }
        return try Answer.json(query.page(entries, id: { "\($0.seq)" }, LedgerEntryAnswer.init))
    }

    private func receipt(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("entry")
        let caller = context.caller
        let receipt = try await governor.read(.ledgerRead, by: caller) { transaction in
            guard let (_, entry) = try LedgerReader(transaction: transaction).entry(id: id), entry.workspace == caller.workspace else {
                throw Problem(
                    .notFound, "ledger.entry.unknown", "There is no ledger entry '\(id.printable)' in this workspace.",
                    fix: "List entries: dhow ledger list.")
            }
            return try LedgerProofs(transaction: transaction).receipt(for: id)
        }
        return Answer.text(receipt.description)
    }

    private func checkpoint(_ request: Request, _ context: APIContext) async throws -> Response {
        let note = try await governor.read(.ledgerRead, by: context.caller) { try LedgerProofs(transaction: $0).checkpoint() }
        return Answer.text(note.description)
    }
}

extension LedgerEntryAnswer<JSONValue> {
    init(_ sequenced: SequencedEntry) {
        let entry = sequenced.entry
        self.init(
            seq: sequenced.seq, id: entry.id, time: entry.time.milliseconds, actor: entry.actor, onBehalfOf: entry.onBehalfOf,
            verb: entry.verb, resource: entry.resource, workspace: entry.workspace, outcome: entry.outcome.rawValue,
            decision: entry.decision, requestID: entry.requestID, payload: entry.payload)
    }
}
