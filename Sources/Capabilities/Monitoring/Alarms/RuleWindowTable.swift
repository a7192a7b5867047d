// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `rule_window`: the last reading of each rule in each window.
struct RuleWindowTable {
    let transaction: any Transaction
    let workspace: String

    /// - Returns: Whether this is the first time that this window has this outcome.
    func put(_ reading: RuleReading, of subject: RuleSubject, in window: Window, evaluation: String) throws -> Bool {
        let before: String? = try transaction.row(
            """
            SELECT outcome FROM rule_window
            WHERE workspace = ? AND monitor = ? AND rule = ? AND version = ? AND segment = ? AND window_end = ? AND window_start = ?
            """, workspace, subject.monitor, subject.rule, subject.version ?? 0, subject.segment, window.end, window.start)?["outcome"]
        try transaction.execute(
            """
            INSERT INTO rule_window (workspace, monitor, rule, version, segment, window_end, window_start, outcome, level, evaluation)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, monitor, rule, version, segment, window_end, window_start)
            DO UPDATE SET outcome = excluded.outcome, level = excluded.level, evaluation = excluded.evaluation
            """, workspace, subject.monitor, subject.rule, subject.version ?? 0, subject.segment, window.end, window.start,
            reading.outcome.rawValue, reading.level, evaluation)
        return before != reading.outcome.rawValue
    }

    /// Newest first.
    func outcomes(of subject: RuleSubject, limit: Int = AlarmRule.mostWindows) throws -> [RuleOutcome] {
        try transaction.rows(
            """
            SELECT outcome FROM rule_window WHERE workspace = ? AND monitor = ? AND rule = ? AND version = ? AND segment = ?
            ORDER BY window_end DESC, window_start DESC LIMIT \(limit)
            """, workspace, subject.monitor, subject.rule, subject.version ?? 0, subject.segment
        ).compactMap { row in
            let outcome: String = try row["outcome"]
            return RuleOutcome(rawValue: outcome)
        }
    }

    /// How many windows of each outcome a rule has read, over all versions and segments.
    func counts(of monitor: String) throws -> [(rule: String, outcome: String, number: Int)] {
        try transaction.rows(
            "SELECT rule, outcome, COUNT(*) AS number FROM rule_window WHERE workspace = ? AND monitor = ? GROUP BY rule, outcome ORDER BY rule",
            workspace, monitor
        ).map { (try $0["rule"], try $0["outcome"], try $0["number"]) }
    }
}
