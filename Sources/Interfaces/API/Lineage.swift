// SPDX-License-Identifier: Apache-2.0

/// One thing said about a link: `status` is `FINISHED`.
package struct LineageFactAnswer: Codable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A ledger entry about a link, with the proof of it.
package struct LineageEntryAnswer: Codable, Sendable {
    package var id: String
    /// Its place in the ledger, from 0.
    package var seq: Int64
    package var time: Int64
    package var actor: String
    package var verb: String
    package var resource: String
    /// Text of its receipt (C2SP tlog-proof), which is checked without this server.
    package var receipt: String?
    /// Why there is no receipt.
    package var unproven: String?

    package init(
        id: String, seq: Int64, time: Int64, actor: String, verb: String, resource: String, receipt: String?, unproven: String?
    ) {
        self.id = id
        self.seq = seq
        self.time = time
        self.actor = actor
        self.verb = verb
        self.resource = resource
        self.receipt = receipt
        self.unproven = unproven
    }
}

/// One link of a lineage and what it came from.
package struct LineageNodeAnswer: Codable, Sendable {
    /// `prediction`, `revision`, `version`, `run`, `snapshot`, `commit`, `execution`, `cause`, `release`, `rollout`, `gate-report` or `approval`.
    package var kind: String
    package var name: String
    /// Why the link is not there; then nothing is said about it.
    package var missing: String?
    package var facts: [LineageFactAnswer]
    /// Where the ledger does not bear out what the database says.
    package var faults: [String]
    package var entries: [LineageEntryAnswer]
    package var children: [LineageNodeAnswer]

    package init(
        kind: String, name: String, missing: String?, facts: [LineageFactAnswer], faults: [String], entries: [LineageEntryAnswer],
        children: [LineageNodeAnswer]
    ) {
        self.kind = kind
        self.name = name
        self.missing = missing
        self.facts = facts
        self.faults = faults
        self.entries = entries
        self.children = children
    }
}

/// `GET /api/v1/lineage/predictions/{prediction}`
package struct LineageAnswer: Codable, Sendable {
    package var root: LineageNodeAnswer
    /// How many links are not there, and about how many the ledger does not bear out the database.
    package var missing: Int
    package var faults: Int
    /// The public key the server signs with; check receipts against the one that was published.
    package var key: String

    package init(root: LineageNodeAnswer, missing: Int, faults: Int, key: String) {
        self.root = root
        self.missing = missing
        self.faults = faults
        self.key = key
    }
}
