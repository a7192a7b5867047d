// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// Units, lists, attempts and results, by execution.
extension ExecutionTable {
    package func save(_ units: [(unit: StepUnit, progress: StepProgress)], of execution: String) throws {
        try transaction.insert(
            into: "execution_unit (execution, unit, state, attempts, failures, losses, questions)",
            rows: units.map { unit, progress in
                [
                    execution.databaseValue, unit.description.databaseValue, progress.state.stored.databaseValue,
                    progress.attempts.databaseValue, progress.failures.databaseValue, progress.losses.databaseValue,
                    progress.questions.rawValue.databaseValue,
                ]
            },
            """
            ON CONFLICT (execution, unit) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, failures = excluded.failures,
                losses = excluded.losses, questions = excluded.questions
            """)
    }

    package func units(of execution: String) throws -> [ExecutionState.Saved] {
        try transaction.rows("SELECT * FROM execution_unit WHERE execution = ?", execution).map { row in
            let attempts: Int = try row["attempts"]
            let progress = StepProgress(
                state: StepState(stored: try row["state"], attempts: attempts), attempts: attempts, failures: try row["failures"],
                losses: try row["losses"], questions: StepProgress.Questions(rawValue: try row["questions"]))
            return ExecutionState.Saved(StepUnit(reading: try row["unit"]), progress)
        }
    }

    package func insert(list items: [JSONValue], of step: String, _ execution: String) throws {
        try transaction.execute(
            "INSERT INTO execution_list (execution, step, items) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", execution, step, try text(items))
    }

    /// By step, the lists that are known.
    package func lists(of execution: String) throws -> [String: [JSONValue]] {
        var lists: [String: [JSONValue]] = [:]
        for row in try transaction.rows("SELECT step, items FROM execution_list WHERE execution = ?", execution) {
            lists[try row["step"]] = try elements(of: try row["items"])
        }
        return lists
    }

    // MARK: attempts and results

    package func insert(_ attempts: [Attempt], of execution: String) throws {
        try transaction.insert(
            into: "attempt (execution, step, number, worker, step_key, started, ended, outcome, detail, log, checkpoint)",
            rows: try attempts.map { attempt in
                [
                    execution.databaseValue, attempt.unit.description.databaseValue, attempt.number.databaseValue,
                    attempt.worker?.databaseValue ?? .null, attempt.key?.databaseValue ?? .null, attempt.started.databaseValue,
                    attempt.ended?.databaseValue ?? .null, attempt.outcome?.databaseValue ?? .null, attempt.detail?.databaseValue ?? .null,
                    try attempt.log.map { try text($0) }?.databaseValue ?? .null,
                    try attempt.checkpoint.map { try text($0) }?.databaseValue ?? .null,
                ]
            },
            """
            ON CONFLICT (execution, step, number) DO UPDATE SET ended = excluded.ended, outcome = excluded.outcome, detail = excluded.detail,
                log = excluded.log, checkpoint = excluded.checkpoint
            """)
    }

    package func attempts(of execution: String) throws -> [Attempt] {
        try transaction.rows("SELECT * FROM attempt WHERE execution = ? ORDER BY started, step, number", execution).map(attempt)
    }

    package func attempts(of unit: StepUnit, _ execution: String) throws -> [Attempt] {
        try transaction.rows("SELECT * FROM attempt WHERE execution = ? AND step = ? ORDER BY number", execution, unit.description)
            .map(attempt)
    }

    package func insert(_ results: [StepResult], of execution: String) throws {
        try transaction.insert(
            into: "step_result (execution, step, outputs, step_key, reused_from)",
            rows: try results.map { result in
                [
                    execution.databaseValue, result.unit.description.databaseValue,
                    (result.outputs.isEmpty ? "{}" : try text(result.outputs)).databaseValue, result.key?.databaseValue ?? .null,
                    result.reusedFrom?.databaseValue ?? .null,
                ]
            },
            """
            ON CONFLICT (execution, step) DO UPDATE SET outputs = excluded.outputs, step_key = excluded.step_key,
                reused_from = excluded.reused_from
            """)
    }

    package func results(of execution: String) throws -> [StepResult] {
        try transaction.rows("SELECT * FROM step_result WHERE execution = ?", execution).map(result)
    }

    package func result(of unit: StepUnit, _ execution: String) throws -> StepResult? {
        try transaction.row("SELECT * FROM step_result WHERE execution = ? AND step = ?", execution, unit.description).map(result)
    }

    private func result(_ row: Row) throws -> StepResult {
        StepResult(
            unit: StepUnit(reading: try row["step"]), outputs: try outputs(try row["outputs"]), key: try row["step_key"],
            reusedFrom: try row["reused_from"])
    }

    private func attempt(_ row: Row) throws -> Attempt {
        Attempt(
            unit: StepUnit(reading: try row["step"]), number: try row["number"], worker: try row["worker"], key: try row["step_key"],
            started: try row["started"], ended: try row["ended"], outcome: try row["outcome"], detail: try row["detail"],
            log: try (row["log"] as String?).map { try value(LogArchive.self, $0) },
            checkpoint: try (row["checkpoint"] as String?).map { try value(StepOutput.self, $0) })
    }

    func outputs(_ stored: String) throws -> [String: StepOutput] {
        stored == "{}" ? [:] : try value([String: StepOutput].self, stored)
    }
}

extension StepState {
    /// As `word`, but an expanded step is told from a running one.
    fileprivate var stored: String { self == .expanded ? "expanded" : word }

    fileprivate init(stored: String, attempts: Int) {
        let plain: [StepState] = [.waiting, .ready, .expanded, .succeeded, .reused, .omitted, .failed, .skipped, .cancelled]
        self = plain.first { $0.stored == stored } ?? .running(attempt: attempts)
    }
}
