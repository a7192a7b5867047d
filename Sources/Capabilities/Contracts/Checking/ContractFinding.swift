// SPDX-License-Identifier: Apache-2.0

/// What one rule of a contract came to.
package struct ContractFinding: Codable, Equatable, Sendable {
    package enum Rule: String, Codable, CaseIterable, Sendable {
        /// The files can be read at all.
        case readable
        /// The column is there.
        case column
        case type, nulls, range, oneOf, matches, length, unique, otherColumns, rows, key, reference, freshness, custom
    }

    package enum Outcome: String, Codable, CaseIterable, Sendable { case passed, failed, inconclusive }

    package var rule: Rule
    /// The column or columns, or the name of a custom rule; empty for rules of the whole table.
    package var subject: String
    package var outcome: Outcome
    package var severity: RuleSeverity
    /// One sentence with the numbers.
    package var reason: String
    /// Rows or values that break the rule; nil when they are not counted.
    package var failing: Int64?
    /// Of how many.
    package var judged: Int64?
    package var examples: [ContractExample]

    package init(
        _ rule: Rule, _ subject: String, _ outcome: Outcome, _ severity: RuleSeverity = .error, reason: String, failing: Int64? = nil,
        judged: Int64? = nil, examples: [ContractExample] = []
    ) {
        self.rule = rule
        self.subject = subject
        self.outcome = outcome
        self.severity = severity
        self.reason = reason
        self.failing = failing
        self.judged = judged
        self.examples = examples
    }
}

/// One value, or row, that breaks a rule.
package struct ContractExample: Codable, Equatable, Sendable {
    package static let maximumCount = 5
    package static let maximumLength = 200
    /// What stands for a value that is not to be seen.
    package static let hidden = "•••"

    package struct Cell: Codable, Equatable, Sendable {
        package var column: String
        /// Nil is null.
        package var value: String?

        package init(_ column: String, _ value: String?) {
            self.column = column
            self.value = value
        }
    }

    package var cells: [Cell]
    /// How many rows have it.
    package var rows: Int64?
    /// The number of the first row that has it, from 1, where rows have numbers.
    package var row: Int64?

    package init(cells: [Cell], rows: Int64? = nil, row: Int64? = nil) {
        self.cells = cells
        self.rows = rows
        self.row = row
    }
}

/// What all rules of a contract came to over one table.
package struct ContractFindings: Codable, Equatable, Sendable {
    /// Failed when a rule failed whose severity is error; else inconclusive when such a rule could not be judged.
    package var outcome: ContractFinding.Outcome
    package var rows: Int64?
    package var findings: [ContractFinding]
    /// The engine, such as `duckdb`.
    package var engine: String
    /// Seconds of processor time that the engine used, and most bytes of memory that it held.
    package var processorSeconds: Double
    package var peakMemoryBytes: Int64

    package init(rows: Int64?, findings: [ContractFinding], engine: String, processorSeconds: Double, peakMemoryBytes: Int64) {
        let outcomes = findings.filter { $0.severity == .error }.map(\.outcome)
        outcome = outcomes.contains(.failed) ? .failed : outcomes.contains(.inconclusive) ? .inconclusive : .passed
        self.rows = rows
        self.findings = findings
        self.engine = engine
        self.processorSeconds = processorSeconds
        self.peakMemoryBytes = peakMemoryBytes
    }

    package var warnings: Int { findings.count { $0.severity == .warning && $0.outcome != .passed } }
}
