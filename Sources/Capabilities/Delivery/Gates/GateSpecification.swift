// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A named list of checks that a model version must pass before it may be released.
package struct GateSpecification: Codable, Equatable, Sendable {
    package static let maximumChecks = 50

    package var name: String
    package var checks: [GateCheck]

    package init(name: String, checks: [GateCheck]) {
        self.name = name
        self.checks = checks
    }

    /// - Throws: `Problem` `.invalid` for names that are not resource names or are used twice, no checks, too many, or numbers out of range.
    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "quality gate")
        guard (1...Self.maximumChecks).contains(checks.count) else {
            throw Problem(
                .invalid, "delivery.gate.check-count", "The gate '\(name)' has \(checks.count) checks.",
                why: "A gate has 1 to \(Self.maximumChecks); one without checks would let everything through.")
        }
        guard Set(checks.map(\.name)).count == checks.count else {
            throw Problem(.invalid, "delivery.gate.check-repeated", "Two checks of the gate '\(name)' have the same name.")
        }
        for check in checks { try check.validate() }
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

    var comparesWithChampion: Bool {
        checks.contains { check in if case .champion = check.rule { true } else { false } }
    }
}
