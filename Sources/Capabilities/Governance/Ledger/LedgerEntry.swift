// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One fact in the ledger: who did what to which resource, when, under which rule, and how it ended.
///
/// Personal values never stand in an entry: principals by id, free text as a digest.
package struct LedgerEntry: Hashable, Sendable {
    package enum Outcome: String, Codable, CaseIterable, Sendable {
        case done, denied, failed
    }

    /// The format this code writes; stands in every entry as `v`.
    package static let version: Int64 = 1
    /// Bytes of the canonical form; what is larger goes to a blob and stands here by its digest.
    package static let maximumSize = 60 * 1024

    /// Unique, and sorted by time of making (`IdentifierSource`).
    package var id: String
    package var time: Timestamp
    /// The principal's id.
    package var actor: String
    /// Who asked, when the actor acts for someone else.
    package var onBehalfOf: String?
    /// Past tense, `noun.verb`: `version.registered`.
    package var verb: String
    /// `kind/name/…`: `model/flights/3`.
    package var resource: String
    /// Empty for what belongs to the whole installation.
    package var workspace: String
    package var outcome: Outcome
    /// The rule that permitted or refused it.
    package var decision: String?
    package var requestID: String?
    /// No floating-point numbers: decimals as strings.
    package var payload: JSONValue

    package init(
        id: String, time: Timestamp, actor: String, onBehalfOf: String? = nil, verb: String, resource: String, workspace: String,
        outcome: Outcome = .done, decision: String? = nil, requestID: String? = nil, payload: JSONValue = [:]
    ) {
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

    /// The bytes that are hashed into the tree: canonical JSON with sorted keys.
    ///
    /// - Throws: `Problem` `ledger.payload.…` for what canonical JSON cannot hold, `ledger.entry.malformed` for an empty or
    ///   control-character field, `ledger.entry.large` beyond `maximumSize`.
    package func canonicalBytes() throws(Problem) -> [UInt8] {
        try stored().bytes
    }

    /// The entry as columns, its payload as canonical text, and its canonical bytes.
    func stored() throws(Problem) -> (columns: StoredLedgerEntry, bytes: [UInt8]) {
        let payload = String(decoding: try CanonicalJSON.bytes(of: payload), as: UTF8.self)
        let columns = StoredLedgerEntry(
            id: id, time: time.milliseconds, actor: actor, onBehalfOf: onBehalfOf, verb: verb, resource: resource, workspace: workspace,
            outcome: outcome.rawValue, decision: decision, requestID: requestID, payload: payload)
        for (name, text) in [("id", id), ("actor", actor), ("verb", verb), ("resource", resource)] where text.isEmpty {
            throw Problem(.invalid, "ledger.entry.malformed", "A ledger entry needs a value for '\(name)'.")
        }
        for text in [id, actor, onBehalfOf, verb, resource, workspace, decision, requestID] {
            guard let text, text.utf8.contains(where: { $0 < 32 }) else { continue }
            throw Problem(
                .invalid, "ledger.entry.malformed", "A field of the ledger entry '\(verb.printable)' holds a control character.",
                fix: "Put free text into the payload.")
        }
        guard CanonicalJSON.integers.contains(time.milliseconds) else {
            throw Problem(.invalid, "ledger.entry.malformed", "The time \(time.milliseconds) is out of range.")
        }
        let bytes = columns.canonicalBytes()
        guard bytes.count <= Self.maximumSize else {
            throw Problem(
                .tooLarge, "ledger.entry.large", "The ledger entry '\(verb)' has \(bytes.count) bytes.",
                why: "An entry has at most \(Self.maximumSize).", fix: "Store the payload as a blob and give its digest.")
        }
        return (columns, bytes)
    }
}
