// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// An entry as its columns hold it; the canonical bytes are derived from the columns, so that every column is under the tree.
///
/// Not yet trusted: the payload is whatever text the column holds.
struct StoredLedgerEntry: Hashable, Sendable {
    var id: String
    var time: Int64
    var actor: String
    var onBehalfOf: String?
    var verb: String
    var resource: String
    var workspace: String
    var outcome: String
    var decision: String?
    var requestID: String?
    /// Canonical JSON.
    var payload: String

    func canonicalBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + payload.utf8.count)
        writeCanonical(to: &bytes)
        return bytes
    }

    /// Appends the canonical entry. The keys stand in canonical order; a missing value leaves its key out.
    func writeCanonical(to bytes: inout [UInt8]) {
        write("{\"actor\":", actor, to: &bytes)
        if let decision { write(",\"decision\":", decision, to: &bytes) }
        write(",\"id\":", id, to: &bytes)
        if let onBehalfOf { write(",\"onBehalfOf\":", onBehalfOf, to: &bytes) }
        write(",\"outcome\":", outcome, to: &bytes)
        write(",\"payload\":", to: &bytes)
        bytes.append(contentsOf: payload.utf8)
        if let requestID { write(",\"requestID\":", requestID, to: &bytes) }
        write(",\"resource\":", resource, to: &bytes)
        write(",\"time\":", to: &bytes)
        CanonicalJSON.write(time, to: &bytes)
        write(",\"v\":", to: &bytes)
        CanonicalJSON.write(LedgerEntry.version, to: &bytes)
        write(",\"verb\":", verb, to: &bytes)
        write(",\"workspace\":", workspace, to: &bytes)
        bytes.append(0x7D)
    }

    private func write(_ key: StaticString, _ value: String, to bytes: inout [UInt8]) {
        write(key, to: &bytes)
        CanonicalJSON.write(value, to: &bytes)
    }

    private func write(_ key: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    }

    /// Whether the payload is one canonical value; else other columns could hide inside it without changing the bytes.
    var isPayloadCanonical: Bool { CanonicalJSON.isCanonical(payload) }

    /// - Throws: `Problem` `ledger.entry.unreadable`.
    func entry() throws(Problem) -> LedgerEntry {
        guard let outcome = LedgerEntry.Outcome(rawValue: outcome),
            let payload = try? JSONDecoder().decode(JSONValue.self, from: Data(payload.utf8))
        else {
            throw Problem(
                .internal, "ledger.entry.unreadable", "The ledger entry \(id.printable) cannot be read.",
                why: "Its outcome or payload was changed in the database.", fix: "Verify the ledger.")
        }
        return LedgerEntry(
            id: id, time: Timestamp(milliseconds: time), actor: actor, onBehalfOf: onBehalfOf, verb: verb, resource: resource,
            workspace: workspace, outcome: outcome, decision: decision, requestID: requestID, payload: payload)
    }
}
