// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A data contract; `specification` is the `spec` of its document with the name, as `PUT /api/v1/contracts` takes it.
package struct ContractAnswer: Codable, Sendable {
    package var name: String
    package var dataset: String?
    /// Counts the specifications it has had, from 1.
    package var revision: Int
    package var specification: JSONValue
    package var created: Int64
    package var changed: Int64

    package init(name: String, dataset: String?, revision: Int, specification: JSONValue, created: Int64, changed: Int64) {
        self.name = name
        self.dataset = dataset
        self.revision = revision
        self.specification = specification
        self.created = created
        self.changed = changed
    }
}

/// `POST /api/v1/contracts/{contract}/reports`: checks a snapshot, by its id.
package struct CheckContractRequest: Codable, Sendable {
    package var snapshot: String

    package init(snapshot: String) {
        self.snapshot = snapshot
    }
}

/// One cell of an example; `value` is absent for null and `•••` where it is not to be seen.
package struct ExampleCellAnswer: Codable, Sendable {
    package var column: String
    package var value: String?

    package init(column: String, value: String?) {
        self.column = column
        self.value = value
    }
}

/// A value, or row, that breaks a rule.
package struct ContractExampleAnswer: Codable, Sendable {
    package var cells: [ExampleCellAnswer]
    /// How many rows have it.
    package var rows: Int64?
    /// The number of the first of them, from 1.
    package var row: Int64?

    package init(cells: [ExampleCellAnswer], rows: Int64?, row: Int64?) {
        self.cells = cells
        self.rows = rows
        self.row = row
    }
}

package struct ContractFindingAnswer: Codable, Sendable {
    /// `readable`, `column`, `type`, `nulls`, `range`, `oneOf`, `matches`, `length`, `unique`, `otherColumns`, `rows`, `key`,
    /// `reference`, `freshness` or `custom`.
    package var rule: String
    /// The column or columns, or the name of a custom rule.
    package var subject: String
    /// `passed`, `failed` or `inconclusive`.
    package var outcome: String
    /// `error` or `warning`.
    package var severity: String
    package var reason: String
    package var failing: Int64?
    package var judged: Int64?
    package var examples: [ContractExampleAnswer]

    package init(
        rule: String, subject: String, outcome: String, severity: String, reason: String, failing: Int64?, judged: Int64?,
        examples: [ContractExampleAnswer]
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

/// What a contract's rules came to over one table.
package struct ContractFindingsAnswer: Codable, Sendable {
    /// `passed`, `failed` or `inconclusive`.
    package var outcome: String
    package var rows: Int64?
    package var findings: [ContractFindingAnswer]
    package var engine: String
    package var processorSeconds: Double
    package var peakMemoryBytes: Int64

    package init(
        outcome: String, rows: Int64?, findings: [ContractFindingAnswer], engine: String, processorSeconds: Double, peakMemoryBytes: Int64
    ) {
        self.outcome = outcome
        self.rows = rows
        self.findings = findings
        self.engine = engine
        self.processorSeconds = processorSeconds
        self.peakMemoryBytes = peakMemoryBytes
    }
}

/// `GET /api/v1/contract-reports/{report}`
package struct ContractReportAnswer: Codable, Sendable {
    package var id: String
    package var contract: String
    package var revision: Int
    package var snapshot: String
    /// The newest snapshots that references were looked up in, by dataset.
    package var references: [String: String]
    package var checkedBy: String
    package var created: Int64
    package var result: ContractFindingsAnswer

    package init(
        id: String, contract: String, revision: Int, snapshot: String, references: [String: String], checkedBy: String, created: Int64,
        result: ContractFindingsAnswer
    ) {
        self.id = id
        self.contract = contract
        self.revision = revision
        self.snapshot = snapshot
        self.references = references
        self.checkedBy = checkedBy
        self.created = created
        self.result = result
    }
}

/// `GET /api/v1/snapshots/{snapshot}/contract-draft`
package struct ContractDraftAnswer: Codable, Sendable {
    /// YAML, ready to be applied.
    package var document: String

    package init(document: String) {
        self.document = document
    }
}

/// `GET /api/v1/snapshots/{before}/evolution/{after}`
package struct SchemaEvolutionAnswer: Codable, Sendable {
    package struct Column: Codable, Sendable {
        package var name: String
        /// `kept`, `added`, `removed` or `changed`.
        package var change: String
        /// `compatible`, `needs-a-look` or `breaking`.
        package var classification: String
        package var before: String?
        package var after: String?
        package var reasons: [String]

        package init(
            name: String, change: String, classification: String, before: String?, after: String?, reasons: [String]
        ) {
            self.name = name
            self.change = change
            self.classification = classification
            self.before = before
            self.after = after
            self.reasons = reasons
        }
    }

    package var before: String
    package var after: String
    /// The gravest of all columns.
    package var classification: String
    package var columns: [Column]

    package init(before: String, after: String, classification: String, columns: [Column]) {
        self.before = before
        self.after = after
        self.classification = classification
        self.columns = columns
    }
}
