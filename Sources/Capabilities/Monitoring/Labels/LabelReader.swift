// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Reads how labels of one endpoint arrive.
struct LabelReader {
    /// How far back it is looked for what is usual, at least.
    private static let history = Duration.seconds(30 * 86_400)
    /// Predictions are looked at in so many slices of the history, so many in each: what it costs does not grow with the log.
    private static let slices = 240
    private static let rowsInSlice = 125
    private static let recent = Duration.seconds(30 * 86_400)

    let transaction: any Transaction
    let workspace: String
    let endpoint: String

    /// How the labels of the predictions before a cohort arrived.
    func curve(before cohort: Window, at now: Timestamp) throws -> LabelDelayCurve {
        let span = max(Self.history, (cohort.end - cohort.start) * 3)
        return try curve(from: Window(start: cohort.start - span, end: cohort.start), at: now)
    }

    /// From a sample of the predictions about `window`. Ages are counted from the moment a prediction was made, whatever time it is about; a label
    /// that was corrected came when it first did.
    func curve(from window: Window, at now: Timestamp) throws -> LabelDelayCurve {
        var observations: [LabelDelayCurve.Observation] = []
        let length = (window.end - window.start) / Self.slices
        for slice in 0..<Self.slices {
            let start = window.start + length * slice
            let rows = try transaction.rows(
                """
                SELECT prediction.logged, COALESCE((
                    SELECT MIN(label_history.received) FROM label_history WHERE label_history.workspace = prediction.workspace
                        AND label_history.endpoint = prediction.endpoint AND label_history.prediction = prediction.id
                ), label.received) AS received FROM prediction
                LEFT JOIN label ON label.workspace = prediction.workspace AND label.endpoint = prediction.endpoint
                    AND label.prediction = prediction.id
                WHERE prediction.workspace = ? AND prediction.endpoint = ? AND prediction.time >= ? AND prediction.time < ?
                ORDER BY prediction.time, prediction.id LIMIT ?
                """, workspace, endpoint, start, slice + 1 < Self.slices ? start + length : window.end, Self.rowsInSlice)
            for row in rows {
                let logged: Timestamp = try row["logged"]
                let received: Timestamp? = try row["received"]
                observations.append(
                    LabelDelayCurve.Observation(age: now - logged, delay: received.map { max(.zero, $0 - logged) }))
            }
        }
        return LabelDelayCurve(observations)
    }

    /// Labels that came lately for predictions that are not in the log.
    func unknown(at now: Timestamp) throws -> Int {
        try transaction.row(
            """
            SELECT COUNT(*) AS labels FROM label
            LEFT JOIN prediction ON prediction.id = label.prediction AND prediction.workspace = label.workspace
                AND prediction.endpoint = label.endpoint
            WHERE label.workspace = ? AND label.endpoint = ? AND label.received >= ? AND prediction.id IS NULL
            """, workspace, endpoint, now - Self.recent)?["labels"] ?? 0
    }
}
