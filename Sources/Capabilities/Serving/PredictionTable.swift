// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation

/// The prediction log.
package struct PredictionTable {
    /// Rows a statement inserts at once; ten columns each stay far below every engine's bound on arguments.
    private static let rowsPerStatement = 200
    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    /// A row whose id is there already is left as it was.
    package func insert(_ predictions: [(workspace: String, prediction: Prediction)]) throws {
        for start in stride(from: 0, to: predictions.count, by: Self.rowsPerStatement) {
            let part = predictions[start..<min(start + Self.rowsPerStatement, predictions.count)]
            var values: [DatabaseValue] = []
            values.reserveCapacity(part.count * 10)
            for (workspace, prediction) in part {
                values += [
                    .text(workspace), .text(prediction.endpoint), .integer(prediction.time.milliseconds), .text(prediction.id),
                    .integer(Int64(prediction.revision)), prediction.candidate.map { .integer(Int64($0)) } ?? .null,
                    .integer(Int64(prediction.candidatePercent)), .text(try Self.text(prediction.inputs)),
                    prediction.score.map { .real($0) } ?? .null, .integer(prediction.logged.milliseconds),
                ]
            }
            let places = Array(repeating: "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", count: part.count).joined(separator: ", ")
            try transaction.execute(
                """
                INSERT INTO prediction (workspace, endpoint, time, id, revision, candidate, candidate_percent, inputs, score, logged)
                VALUES \(places) ON CONFLICT DO NOTHING
                """, values: values)
        }
    }

    package func find(_ id: String, in workspace: String) throws -> Prediction? {
        try transaction.row("SELECT * FROM prediction WHERE id = ? AND workspace = ?", id, workspace).map(Self.decode)
    }

    /// Rows about `[start, end)`, in order of time; O(rows in the window).
    package func forEach(
        of endpoint: String, in workspace: String, from start: Timestamp, to end: Timestamp, _ body: (Prediction, Double?) throws -> Void
    ) throws {
        try transaction.forEachRow(
            """
            SELECT prediction.*, label.value AS label FROM prediction
            LEFT JOIN label ON label.workspace = prediction.workspace AND label.endpoint = prediction.endpoint AND label.prediction = prediction.id
            WHERE prediction.workspace = ? AND prediction.endpoint = ? AND prediction.time >= ? AND prediction.time < ?
            ORDER BY prediction.time, prediction.id
            """, values: [.text(workspace), .text(endpoint), .integer(start.milliseconds), .integer(end.milliseconds)]
        ) { row in
            try body(try Self.decode(row), try row["label"])
        }
    }

    /// Labelled rows that the candidate took part in, in order of the labels' arrival.
    package func forEachLabelled(
        of endpoint: String, in workspace: String, candidate: Int, _ body: (LabelledPrediction) throws -> Void
    ) throws {
        try transaction.forEachRow(
            """
            SELECT prediction.*, label.value AS label FROM label
            JOIN prediction ON prediction.id = label.prediction
            WHERE label.workspace = ? AND label.endpoint = ? AND prediction.workspace = label.workspace AND prediction.endpoint = label.endpoint
                AND prediction.candidate = ?
            ORDER BY label.received, label.prediction
            """, values: [.text(workspace), .text(endpoint), .integer(Int64(candidate))]
        ) { row in
            try body(LabelledPrediction(prediction: try Self.decode(row), label: try row["label"]))
        }
    }

    private static func decode(_ row: Row) throws -> Prediction {
        let text: String = try row["inputs"]
        return Prediction(
            id: try row["id"], endpoint: try row["endpoint"], time: try row["time"], revision: try row["revision"],
            candidate: try row["candidate"], candidatePercent: try row["candidate_percent"],
            inputs: try JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8)), score: try row["score"],
            logged: try row["logged"])
    }
}
