// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// What a judge found between a baseline and a window, with every number that it rests on.
package struct DriftReport: Codable, Equatable, Sendable {
    package enum Verdict: String, Codable, Sendable {
        case unchanged, drifted
        /// Nothing was found, on too few rows to say so.
        case undecided
    }

    package struct Side: Codable, Equatable, Sendable {
        package var name: String
        package var rows: Int

        package init(name: String, rows: Int) {
            self.name = name
            self.rows = rows
        }
    }

    package var verdict: Verdict
    /// Whether the findings may wake somebody: one of them is beyond chance among all tests (Holm).
    package var pages: Bool
    package var baseline: Side
    package var window: Side
    package var tests: Int
    package var statement: String
    /// Importance of the columns with a finding, as a share of that of all.
    package var driftedShare: Double
    /// Columns of the window that the baseline lacks; no finding.
    package var newColumns: [String]
    package var columns: [ColumnReport]
    package var performance: PerformanceReport?
    package var settings: JudgeSettings

    /// Tests that found something, of all columns, largest contribution first.
    package var findings: [(column: String, test: DriftTest)] {
        let found = columns.flatMap { column in
            column.tests.filter(\.isFinding).map { (column: column.name, test: $0, weight: $0.weight * column.importance) }
        }
        let ordered = found.sorted { ($1.weight, $0.column, $0.test.aspect.rawValue) < ($0.weight, $1.column, $1.test.aspect.rawValue) }
        let own = performance.map { $0.tests.filter(\.isFinding).map { (column: "performance", test: $0) } } ?? []
        return own + ordered.map { ($0.column, $0.test) }
    }
}

/// One column of both sides.
package struct ColumnReport: Codable, Equatable, Sendable {
    package enum Role: String, Codable, Sendable {
        case feature, score, label, ignored
    }

    package struct Side: Codable, Equatable, Sendable {
        package var kind: ColumnProfile.Kind
        package var rows: Int
        package var missing: Int
        package var mean: Double?
        package var deviation: Double?
        package var minimum: Double?
        package var median: Double?
        package var maximum: Double?
        package var distinct: Double
        package var isDistinctExact: Bool
        package var earliest: Double?
        package var latest: Double?
    }

    package var name: String
    package var role: Role
    package var importance: Double
    /// Nil where the column is not there.
    package var baseline: Side?
    package var window: Side?
    package var tests: [DriftTest] = []
    /// A unit that looks changed, such as "°F to °C".
    package var unitChange: String?
    package var categories: [CategoryComparison.Change] = []
    package var chart: ColumnChart?

    package var hasDrifted: Bool { tests.contains(where: \.isFinding) }
}

/// Shares of both sides in the same classes.
package struct ColumnChart: Codable, Equatable, Sendable {
    package var labels: [String]
    package var baseline: [Double]
    package var window: [Double]
}

package struct PerformanceReport: Codable, Equatable, Sendable {
    package struct Side: Codable, Equatable, Sendable {
        package var pairs: Int
        package var unpaired: Int
        package var rocArea: Double?
        package var logLoss: Double?
        package var brier: Double?
        package var meanAbsoluteError: Double?
        package var rootMeanSquareError: Double?
    }

    package var baseline: Side
    package var window: Side
    package var tests: [DriftTest]
}
