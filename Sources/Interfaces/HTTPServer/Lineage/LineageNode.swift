// SPDX-License-Identifier: Apache-2.0

import Domain

/// One link of a lineage as the tables have it, with what the ledger must say for it to be believed.
struct LineageNode: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case prediction, revision, version, run, snapshot, commit, execution, cause, release, rollout, approval
        case gateReport = "gate-report"
    }

    var kind: Kind
    var name: String
    /// Why there is no such link.
    var missing: String?
    /// In the order in which they are shown.
    var facts: [(name: String, value: String)] = []
    var claims: [LedgerClaim] = []
    var children: [LineageNode] = []

    init(_ kind: Kind, _ name: String, facts: KeyValuePairs<String, String?> = [:], claims: [LedgerClaim] = []) {
        self.kind = kind
        self.name = name
        self.facts = facts.compactMap { fact in fact.value.map { (fact.key, $0) } }
        self.claims = claims
    }

    init(_ kind: Kind, _ name: String = "-", missing reason: String) {
        self.kind = kind
        self.name = name
        missing = reason
    }
}

/// What one or more ledger entries are expected to say.
struct LedgerClaim: Sendable {
    enum Place: Sendable, Equatable {
        /// Entries about the resource with one of the verbs, or with any when there are none.
        case resource(String, [String])
        case entry(id: String)
    }

    var place: Place
    /// Members of the payload that every such entry must have; `.null` stands for absent as well.
    var expected: [String: JSONValue]
    /// Whether it is a fault when there is no such entry.
    var isRequired = true

    init(_ resource: String, _ verbs: String..., expecting expected: [String: JSONValue] = [:]) {
        place = .resource(resource, verbs)
        self.expected = expected
    }

    init(entry id: String) {
        place = .entry(id: id)
        expected = [:]
    }

    /// What follows the beginning, when it has come to that.
    static func later(_ resource: String, _ verbs: String...) -> LedgerClaim {
        var claim = LedgerClaim(resource)
        claim.place = .resource(resource, verbs)
        claim.isRequired = false
        return claim
    }

    /// Where `payload` does not say what is expected, in words.
    func disagreements(with payload: JSONValue) -> [String] {
        expected.sorted { $0.key < $1.key }.compactMap { name, value in
            (payload[name] ?? .null) == value ? nil : "The ledger and the database do not agree about '\(name)'."
        }
    }

    var absence: String {
        switch place {
        case .resource(let resource, let verbs):
            "The ledger has no entry \(verbs.map { "'\($0)'" }.joined(separator: " or ")) about '\(resource)' yet."
        case .entry(let id): "The ledger has no entry '\(id.printable)' in this workspace."
        }
    }
}
