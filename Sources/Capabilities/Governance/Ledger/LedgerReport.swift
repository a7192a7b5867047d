// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One thing that is wrong with a ledger.
package struct LedgerFinding: Hashable, Codable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// The entry's columns no longer hash to what the tree holds.
        case changed
        /// The entry is whole, but it is not the one that stood at this place.
        case displaced
        case missing
        /// A column holds something that no entry could.
        case unreadable
        /// A numbered entry beyond the end of the tree.
        case surplus
        /// A tile or the state row differs from what the hashes below it give.
        case tree
        /// A checkpoint that the tree does not continue.
        case inconsistent
        /// A checkpoint that the ledger's key did not sign, or that is no checkpoint.
        case forged
        /// The tree is smaller than a checkpoint says.
        case behind
    }

    package var kind: Kind
    /// The place of the entry, or of the first that may be concerned.
    package var seq: Int64?
    package var id: String?
    package var detail: String

    package init(_ kind: Kind, seq: Int64? = nil, id: String? = nil, _ detail: String) {
        self.kind = kind
        self.seq = seq
        self.id = id
        self.detail = detail
    }
}

/// What a verification found.
package struct LedgerReport: Hashable, Codable, Sendable {
    /// Entries in the tree.
    package var size: Int64 = 0
    /// Recomputed; nil when entries are missing whose hashes are lost too.
    package var root: TreeHash?
    package var checkpoints = 0
    /// The largest checkpoint that covers only sound entries and that the tree continues.
    package var soundSize: Int64 = 0
    /// Committed entries that no pass has numbered yet; 0 for an export.
    package var unsequenced: Int64 = 0
    /// By place; at most `LedgerVerification.findingLimit`.
    package var findings: [LedgerFinding] = []
    /// How many there were, with those left out.
    package var findingCount = 0

    package var isSound: Bool { findingCount == 0 }

    /// What a command ends with; nil for a sound ledger.
    package var problem: Problem? {
        guard let first = findings.first else { return nil }
        let others = findingCount - 1
        return Problem(
            .rejected, "ledger.verification.failed", "The ledger does not verify. \(first.detail)",
            why: others == 0 ? nil : "\(others) more finding\(others == 1 ? "" : "s") came after it.",
            fix: soundSize > 0
                ? "The first \(soundSize) entries are as they were signed. Compare the rest with a copy of the database or an export."
                : "Compare with a copy of the database or an export.")
    }

    mutating func add(_ finding: LedgerFinding) {
        findingCount += 1
        if findings.count < LedgerVerification.findingLimit { findings.append(finding) }
    }
}
