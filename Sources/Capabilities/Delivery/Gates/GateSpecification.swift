// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A named list of checks that a model version must pass before it may be released.
package struct GateSpecification: Equatable, Sendable {
    package static let maximumChecks = 50

    /// What becomes of an inconclusive outcome.
    package enum Doubt: String, Codable, CaseIterable, Sendable {
        /// A person decides, on the evidence.
        case ask
        /// As good as failed.
        case refuse
    }

    package var name: String
    package var checks: [GateCheck]
    package var onInconclusive: Doubt

    package init(name: String, checks: [GateCheck], onInconclusive: Doubt = .ask) {
        self.name = name
        self.checks = checks
        self.onInconclusive = onInconclusive
    }

    /// - Throws: `Problem` `.invalid` for names that are not resource names or are used twice, no checks, too many, numbers out of range, or
    ///   checks that cannot hold together.
    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "quality gate")
        guard name != Emergency.gate else {
            throw Problem(
                .invalid, "delivery.gate.name-reserved", "No gate can be named '\(name)'.",
                why: "Reports of releases that skipped their gates stand under it.", fix: "Choose another name.")
        }
        guard (1...Self.maximumChecks).contains(checks.count) else {
            throw Problem(
                .invalid, "delivery.gate.check-count", "The gate '\(name)' has \(checks.count) checks.",
                why: "A gate has 1 to \(Self.maximumChecks); one without checks would let everything through.")
        }
        guard Set(checks.map(\.name)).count == checks.count else {
            throw Problem(.invalid, "delivery.gate.check-repeated", "Two checks of the gate '\(name)' have the same name.")
        }
        for check in checks { try check.validate() }
        _ = try groupColumn()
        for (place, check) in checks.enumerated() {
            if let other = checks[..<place].first(where: { check.contradicts($0) }) {
                throw Problem(
                    .invalid, "delivery.gate.checks-contradict",
                    "The checks '\(other.name)' and '\(check.name)' of the gate '\(name)' cannot both pass.",
                    why: "No version could ever pass the gate.", fix: "Correct one of them.")
            }
        }
    }

    /// The column of the scores file by which champion checks resample, if any; all of them must agree.
    ///
    /// - Throws: `Problem` `.invalid` when two checks name different columns.
    package func groupColumn() throws(Problem) -> String? {
        let columns = Set(checks.compactMap { check in if case .champion(let rule) = check.rule { rule.groupedBy } else { nil } })
        guard columns.count <= 1 else {
            throw Problem(
                .invalid, "delivery.gate.groups-differ", "The champion checks of the gate '\(name)' name different 'groupedBy' columns.")
        }
        return columns.first
    }

    /// Columns of the scores file that segments are made of.
    package var segmentColumns: Set<String> {
        Set(checks.compactMap { check in if case .segments(let rule) = check.rule { rule.column } else { nil } })
    }

    var comparesWithChampion: Bool {
        checks.contains { check in
            switch check.rule {
            case .champion: true
            case .segments(let rule): rule.margin != nil
            default: false
            }
        }
    }

    /// Judges each check; pure, and the same for the same input.
    ///
    /// - Parameter champion: The version that holds the place now; nil when there is none or it is the judged version itself.
    package func judge(_ evidence: GateEvidence, against champion: Int?) -> [CheckFinding] {
        checks.map { CheckFinding(name: $0.name, $0.rule.content.judge(evidence, against: champion)) }
    }
}

extension GateSpecification: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, checks, onInconclusive }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        checks = try container.decode([GateCheck].self, forKey: .checks)
        onInconclusive = try container.decodeIfPresent(Doubt.self, forKey: .onInconclusive) ?? .ask
    }
}

extension GateCheck {
    /// Whether no version could pass both.
    fileprivate func contradicts(_ other: GateCheck) -> Bool {
        switch (rule, other.rule) {
        case (.threshold(let one), .threshold(let other)): one.contradicts(other)
        case (.directional(let one), .directional(let other)):
            one.demand.cases == other.demand.cases && one.direction != other.direction && one.byAtLeast + other.byAtLeast > 0
                && one.demand.share + other.demand.share > 1
        default: false
        }
    }
}
