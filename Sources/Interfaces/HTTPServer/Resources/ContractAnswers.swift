// SPDX-License-Identifier: Apache-2.0

package import API
package import Contracts
import Domain

extension ContractAnswer {
    init(_ contract: DataContract) throws {
        self.init(
            name: contract.name, dataset: contract.specification.dataset, revision: contract.revision,
            specification: try JSONValue(encoding: contract.specification), created: contract.created.milliseconds,
            changed: contract.changed.milliseconds)
    }
}

extension ContractReportAnswer {
    init(_ report: ContractReport) {
        self.init(
            id: report.id, contract: report.contract, revision: report.revision, snapshot: report.snapshot, references: report.references,
            checkedBy: report.checkedBy, created: report.created.milliseconds, result: ContractFindingsAnswer(report.findings))
    }
}

extension ContractFindingsAnswer {
    package init(_ findings: ContractFindings) {
        self.init(
            outcome: findings.outcome.rawValue, rows: findings.rows,
            findings: findings.findings.map { finding in
                ContractFindingAnswer(
                    rule: finding.rule.rawValue, subject: finding.subject, outcome: finding.outcome.rawValue,
                    severity: finding.severity.rawValue, reason: finding.reason, failing: finding.failing, judged: finding.judged,
                    examples: finding.examples.map { example in
                        ContractExampleAnswer(
                            cells: example.cells.map { ExampleCellAnswer(column: $0.column, value: $0.value) }, rows: example.rows,
                            row: example.row)
                    })
            }, engine: findings.engine, processorSeconds: findings.processorSeconds, peakMemoryBytes: findings.peakMemoryBytes)
    }
}

extension SchemaEvolutionAnswer {
    init(_ evolution: SchemaEvolution, from before: String, to after: String) {
        self.init(
            before: before, after: after, classification: evolution.classification.rawValue,
            columns: evolution.columns.map { column in
                Column(
                    name: column.name, change: column.change.rawValue, classification: column.classification.rawValue,
                    before: column.before, after: column.after, reasons: column.reasons)
            })
    }
}
