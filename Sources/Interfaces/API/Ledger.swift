// SPDX-License-Identifier: Apache-2.0

/// One entry of the ledger; `outcome` is `done`, `denied` or `failed`.
package struct LedgerEntryAnswer<Payload: Codable & Sendable>: Codable, Sendable {
    package var seq: Int64
    package var id: String
    package var time: Int64
    package var actor: String
    package var onBehalfOf: String?
    package var verb: String
    package var resource: String
    package var workspace: String
    package var outcome: String
    /// The permission that allowed or refused it.
    package var decision: String?
    package var requestID: String?
    package var payload: Payload

    package init(
        seq: Int64, id: String, time: Int64, actor: String, onBehalfOf: String?, verb: String, resource: String, workspace: String,
        outcome: String, decision: String?, requestID: String?, payload: Payload
    ) {
        self.seq = seq
        self.id = id
        self.time = time
        self.actor = actor
        self.onBehalfOf = onBehalfOf
        self.verb = verb
        self.resource = resource
        self.workspace = workspace
        self.outcome = outcome
        self.decision = decision
        self.requestID = requestID
        self.payload = payload
    }
}
