// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Reports by the attempt that left them.
struct StepReportTable {
    let transaction: any Transaction

    func insert(_ reports: [KeptReport], of execution: String) throws {
        try transaction.insert(
            into: "step_report (execution, unit, attempt, name, report)",
            rows: try reports.map { kept in
                [
                    execution.databaseValue, kept.unit.description.databaseValue, kept.attempt.databaseValue, kept.name.databaseValue,
                    try text(kept.report).databaseValue,
                ]
            }, "ON CONFLICT (execution, unit, attempt, name) DO NOTHING")
    }

    /// By unit, attempt and name, at most `limit`.
    func all(of execution: String, limit: Int) throws -> [KeptReport] {
        try transaction.rows("SELECT * FROM step_report WHERE execution = ? ORDER BY unit, attempt, name LIMIT ?", execution, limit).map(
            kept)
    }

    /// Of one unit's last attempt that left some.
    func last(of unit: StepUnit, _ execution: String) throws -> [KeptReport] {
        let found = try transaction.rows(
            "SELECT * FROM step_report WHERE execution = ? AND unit = ? ORDER BY attempt, name", execution, unit.description
        ).map(kept)
        return found.filter { $0.attempt == found.last?.attempt }
    }

    private func kept(_ row: Row) throws -> KeptReport {
        KeptReport(
            unit: StepUnit(reading: try row["unit"]), attempt: try row["attempt"], name: try row["name"],
            report: try value(StepReport.self, try row["report"]))
    }
}

package enum StepReportMigrations {
    package static let list = MigrationList(
        "step reports",
        [
            Migration(
                1, "reports of steps",
                [
                    """
                    CREATE TABLE step_report (
                        execution TEXT NOT NULL REFERENCES execution (id),
                        unit TEXT NOT NULL,
                        attempt BIGINT NOT NULL,
                        name TEXT NOT NULL,
                        report TEXT NOT NULL,
                        PRIMARY KEY (execution, unit, attempt, name)
                    ) {clustered}
                    """
                ])
        ])
}
