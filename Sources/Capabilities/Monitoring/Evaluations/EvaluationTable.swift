// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Rows of `evaluation`, `measurement` and `monitor_event`.
package struct EvaluationTable {
    package let transaction: any Transaction
    package let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func find(_ id: String) throws -> Evaluation? {
        try transaction.row("SELECT document FROM evaluation WHERE workspace = ? AND id = ?", workspace, id).map(decode)
    }

    /// Newest first.
    package func list(monitor: String, after: String?, limit: Int) throws -> [Evaluation] {
        var sql = "SELECT document FROM evaluation WHERE workspace = ? AND monitor = ?"
        var values: [DatabaseValue] = [.text(workspace), .text(monitor)]
        if let after {
            sql += " AND id < ?"
            values.append(.text(after))
        }
        values.append(.integer(Int64(DocumentText.page(limit))))
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT ?", values: values).map(decode)
    }

    /// One line over time, oldest first, the last `limit` windows. Of a window evaluated again, each evaluation has its point.
    package func measurements(monitor: String, subject: String, name: String, limit: Int) throws -> [Measurement] {
        try transaction.rows(
            """
            SELECT evaluation, subject, name, window_start, value FROM measurement
            WHERE workspace = ? AND monitor = ? AND subject = ? AND name = ? ORDER BY window_start DESC, evaluation DESC LIMIT ?
            """, workspace, monitor, subject, name, DocumentText.page(limit)
        ).map {
            Measurement(
                evaluation: try $0["evaluation"], subject: try $0["subject"], name: try $0["name"], windowStart: try $0["window_start"],
                value: try $0["value"])
        }.reversed()
    }

    func insert(_ evaluation: Evaluation, document: String) throws {
        try transaction.execute(
            """
            INSERT INTO evaluation (workspace, id, monitor, endpoint, window_start, window_end, verdict, created, document)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, workspace, evaluation.id, evaluation.monitor, evaluation.endpoint, evaluation.window.start, evaluation.window.end,
            evaluation.verdict.rawValue, evaluation.created, document)
        for measurement in evaluation.measurements {
            try transaction.execute(
                "INSERT INTO measurement (workspace, monitor, evaluation, subject, name, window_start, value) VALUES (?, ?, ?, ?, ?, ?, ?)",
                workspace, evaluation.monitor, evaluation.id, measurement.subject, measurement.name, measurement.windowStart,
                measurement.value)
        }
    }

    /// Whether an evaluation of a window within the span found rows in it.
    func sawRows(in span: Window, of monitor: String) throws -> Bool {
        let rows = try transaction.rows(
            """
            SELECT document FROM evaluation WHERE workspace = ? AND monitor = ? AND window_end > ? AND window_end <= ?
            ORDER BY window_end DESC LIMIT 10
            """, workspace, monitor, span.start, span.end)
        return try rows.contains { try decode($0).rowCount > 0 }
    }

    /// Whether nothing of this kind has been told about the window yet; it counts as told from now on.
    func claimEvent(_ kind: String, for evaluation: Evaluation) throws -> Bool {
        try transaction.execute(
            """
            INSERT INTO monitor_event (workspace, monitor, window_start, window_end, kind, evaluation) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """, workspace, evaluation.monitor, evaluation.window.start, evaluation.window.end, kind, evaluation.id) > 0
    }

    /// The window to look back to for sudden changes: the one of equal length before, or the last one evaluated when that is empty.
    ///
    /// - Parameter hasRows: Whether a window has any rows.
    /// - Returns: The window, with the faults known of its data; a fault that a person accepted is none. Nil when there is no window.
    func windowBefore(_ window: Window, of monitor: String, hasRows: (Window) throws -> Bool) throws -> (
        window: Window, faults: [DataFault]
    )? {
        let rows = try transaction.rows(
            """
            SELECT id, window_start, window_end, verdict, (
                SELECT COUNT(*) FROM incident WHERE incident.workspace = evaluation.workspace AND incident.monitor = evaluation.monitor
                    AND incident.resolution = 'accepted' AND incident.window_start <= evaluation.window_start
                    AND incident.closed >= evaluation.created
            ) AS acceptances
            FROM evaluation WHERE workspace = ? AND monitor = ? AND window_end <= ? ORDER BY window_end DESC, id DESC LIMIT 1000
            """, workspace, monitor, window.start)
        // The last evaluation of a window counts.
        var evaluated: [(window: Window, faulty: String?)] = []
        var seen: Set<Window> = []
        for row in rows {
            let candidate = Window(start: try row["window_start"], end: try row["window_end"])
            guard seen.insert(candidate).inserted else { continue }
            let verdict: String = try row["verdict"]
            let acceptances: Int = try row["acceptances"]
            let isFaulty = verdict == Verdict.faulty.rawValue && acceptances == 0
            evaluated.append((candidate, isFaulty ? try row["id"] : nil))
        }
        let previous = try hasRows(window.previous) ? window.previous : evaluated.map(\.window).first(where: hasRows)
        guard let previous else { return nil }
        let faulty = evaluated.first { $0.window.start < previous.end && $0.window.end > previous.start }?.faulty
        return (previous, try faulty.flatMap(find)?.findings.faults ?? [])
    }

    private func decode(_ row: Row) throws -> Evaluation {
        try DocumentText.decode(Evaluation.self, from: try row["document"])
    }
}
