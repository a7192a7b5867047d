// SPDX-License-Identifier: Apache-2.0

import Domain

/// Whether scores stay where they are when an input changes that should not matter.
///
/// The three behavioural checks follow Ribeiro, Wu, Guestrin and Singh, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList",
/// ACL 2020: cases with a `score` each, beside the `original` score before the change or the `label` that is plainly right.
package struct InvarianceRule: GateRule {
    package var demand: BehaviourDemand
    /// By how much a score may move.
    package var tolerance: Double

    package init(cases: String, tolerance: Double, share: Double = 1, minimumCases: Int = BehaviourDemand.standardMinimum) {
        demand = BehaviourDemand(cases: cases, share: share, minimumCases: minimumCases)
        self.tolerance = tolerance
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            cases: try container.decode(String.self, forKey: .cases), tolerance: try container.decode(Double.self, forKey: .tolerance),
            share: try container.decodeIfPresent(Double.self, forKey: .share) ?? 1,
            minimumCases: try container.decodeIfPresent(Int.self, forKey: .minimumCases) ?? BehaviourDemand.standardMinimum)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(demand.cases, forKey: .cases)
        try container.encode(tolerance, forKey: .tolerance)
        try container.encode(demand.share, forKey: .share)
        try container.encode(demand.minimumCases, forKey: .minimumCases)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case cases, tolerance, share, minimumCases }

    package var fault: String? {
        demand.fault ?? ((0...1).contains(tolerance) ? nil : "The tolerance is a difference of scores, 0 to 1.")
    }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        demand.judge(evidence, "stay within \(tolerance)") { abs($0.score - ($0.original ?? .nan)) <= tolerance }
    }
}

/// Whether scores move the way they should when an input changes that should matter.
package struct DirectionalRule: GateRule {
    package enum Direction: String, Codable, CaseIterable, Sendable { case rises, falls }

    package var demand: BehaviourDemand
    package var direction: Direction
    /// By how much a score must move at least; 0 takes a score that stays for one that moves the right way.
    package var byAtLeast: Double

    package init(
        cases: String, direction: Direction, byAtLeast: Double = 0, share: Double = 1, minimumCases: Int = BehaviourDemand.standardMinimum
    ) {
        demand = BehaviourDemand(cases: cases, share: share, minimumCases: minimumCases)
        self.direction = direction
        self.byAtLeast = byAtLeast
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            cases: try container.decode(String.self, forKey: .cases), direction: try container.decode(Direction.self, forKey: .direction),
            byAtLeast: try container.decodeIfPresent(Double.self, forKey: .byAtLeast) ?? 0,
            share: try container.decodeIfPresent(Double.self, forKey: .share) ?? 1,
            minimumCases: try container.decodeIfPresent(Int.self, forKey: .minimumCases) ?? BehaviourDemand.standardMinimum)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(demand.cases, forKey: .cases)
        try container.encode(direction, forKey: .direction)
        try container.encode(byAtLeast, forKey: .byAtLeast)
        try container.encode(demand.share, forKey: .share)
        try container.encode(demand.minimumCases, forKey: .minimumCases)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case cases, direction, byAtLeast, share, minimumCases }

    package var fault: String? {
        demand.fault ?? ((0...1).contains(byAtLeast) ? nil : "'byAtLeast' is a difference of scores, 0 to 1.")
    }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        let words = direction == .rises ? "rise" : "fall"
        return demand.judge(evidence, "\(words) by at least \(byAtLeast)") { row in
            let change = row.score - (row.original ?? .nan)
            return (direction == .rises ? change : -change) >= byAtLeast
        }
    }
}

/// Whether plain cases are answered right: a score of at least one half where the label is 1, less where it is 0.
package struct FunctionalityRule: GateRule {
    package var demand: BehaviourDemand

    package init(cases: String, share: Double = 1, minimumCases: Int = 1) {
        demand = BehaviourDemand(cases: cases, share: share, minimumCases: minimumCases)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            cases: try container.decode(String.self, forKey: .cases),
            share: try container.decodeIfPresent(Double.self, forKey: .share) ?? 1,
            minimumCases: try container.decodeIfPresent(Int.self, forKey: .minimumCases) ?? 1)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(demand.cases, forKey: .cases)
        try container.encode(demand.share, forKey: .share)
        try container.encode(demand.minimumCases, forKey: .minimumCases)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case cases, share, minimumCases }

    package var fault: String? { demand.fault }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        demand.judge(evidence, "are answered right") { row in
            guard let label = row.label, (0...1).contains(row.score) else { return false }
            return (row.score >= 0.5) == label
        }
    }
}

/// What the behavioural checks share: which cases, and how many of them must hold.
package struct BehaviourDemand: Equatable, Sendable {
    package static let standardMinimum = 30

    /// Name of the cases, as in the column `case` of the behaviour file.
    package var cases: String
    /// Share of them that must hold.
    package var share: Double
    package var minimumCases: Int

    fileprivate var fault: String? {
        if cases.isEmpty || cases.utf8.count > 250 { return "'cases' is a name of cases, at most 250 bytes." }
        if !(share > 0 && share <= 1) { return "'share' must be above 0 and at most 1." }
        return minimumCases < 1 ? "At least one case is needed." : nil
    }

    /// A score that is no number never holds.
    fileprivate func judge(
        _ evidence: GateEvidence, _ words: String, _ holds: (BehaviourCase) -> Bool
    ) -> CheckFinding.Result {
        guard let behaviour = evidence.behaviour else { return .init(.failed, "The file of behavioural cases is missing.") }
        let rows = behaviour.cases[cases] ?? []
        let held = rows.count(where: holds)
        let numbers = ["cases": String(rows.count), "held": String(held), "share": String(share)]
        guard rows.count >= minimumCases else {
            return .init(
                .inconclusive, "There are \(rows.count) cases '\(cases.printable)'; the check needs \(minimumCases).", numbers)
        }
        let isEnough = Double(held) >= share * Double(rows.count) - 1e-9
        return .init(
            isEnough ? .passed : .failed, "\(held) of \(rows.count) cases '\(cases.printable)' \(words); \(share) of them must.", numbers)
    }
}
