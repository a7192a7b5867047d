// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// The prediction log.
package struct PredictionTable {
    static let columns = 13
    /// Rows a statement inserts at once, largest first: few texts, so that engines keep all of them prepared, and far below every
    /// engine's bound on arguments.
    private static let statements: [(rows: Int, sql: String)] = [200, 50, 10, 1].map { rows in
        let places = Array(repeating: "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", count: rows).joined(separator: ", ")
        let sql = """
            INSERT INTO prediction (workspace, endpoint, time, id, revision, candidate, candidate_percent, inputs, score, logged, microseconds,
                request_rows, outputs)
            VALUES \(places) ON CONFLICT DO NOTHING
            """
        return (rows, sql)
    }

    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    /// A row whose id is there already is left as it was.
    package func insert(_ predictions: [(workspace: String, prediction: Prediction)]) throws {
        var arguments: [DatabaseValue] = []
        arguments.reserveCapacity(predictions.count * Self.columns)
        for (workspace, prediction) in predictions {
            let inputs = JSONValue.object(prediction.inputs).jsonText
            arguments += [
                .text(workspace), .text(prediction.endpoint), .integer(prediction.time.milliseconds), .text(prediction.id),
                .integer(Int64(prediction.revision)), prediction.candidate.map { .integer(Int64($0)) } ?? .null,
                .integer(Int64(prediction.candidatePercent)), .text(inputs), prediction.score.map { .real($0) } ?? .null,
                .integer(prediction.logged.milliseconds), prediction.microseconds.map { .integer($0) } ?? .null,
                prediction.requestRows.map { .integer(Int64($0)) } ?? .null,
                prediction.outputs.map { .text(JSONValue.object($0).jsonText) } ?? .null,
            ]
        }
        try insert(arguments: arguments)
    }

    /// - Parameter arguments: The columns of each row, in the order of the statement.
    func insert(arguments: [DatabaseValue]) throws {
        var start = 0
        for (rows, sql) in Self.statements {
            while arguments.count - start >= rows * Self.columns {
                try transaction.execute(sql, values: Array(arguments[start..<start + rows * Self.columns]))
                start += rows * Self.columns
            }
        }
    }

    package func find(_ id: String, in workspace: String) throws -> Prediction? {
        try transaction.row("SELECT * FROM prediction WHERE id = ? AND workspace = ?", id, workspace).map(Self.decode)
    }

    /// The first rows about times before `limit`, in order of time and id.
    func oldest(of endpoint: EndpointName, before limit: Timestamp, count: Int) throws -> [Prediction] {
        try transaction.rows(
            "SELECT * FROM prediction WHERE workspace = ? AND endpoint = ? AND time < ? ORDER BY time, id LIMIT ?", endpoint.workspace,
            endpoint.name, limit, count
        ).map(Self.decode)
    }

    /// The next rows about `[start, end)`, in order of time and id.
    func page(
        of endpoint: EndpointName, from start: Timestamp, to end: Timestamp, after last: Prediction?, count: Int
    ) throws -> [Prediction] {
        let from = last?.time ?? start
        return try transaction.rows(
            """
            SELECT * FROM prediction WHERE workspace = ? AND endpoint = ? AND time >= ? AND time < ? AND (time > ? OR id > ?)
            ORDER BY time, id LIMIT ?
            """, endpoint.workspace, endpoint.name, from, end, from, last?.id ?? "", count
        ).map(Self.decode)
    }

    /// Deletes rows up to and with the one given, in order of time and id; what follows them stays.
    func delete(from endpoint: EndpointName, upTo last: Prediction) throws -> Int {
        try transaction.execute(
            "DELETE FROM prediction WHERE workspace = ? AND endpoint = ? AND (time < ? OR (time = ? AND id <= ?))", endpoint.workspace,
            endpoint.name, last.time, last.time, last.id)
    }

    /// Deletes what came after the predictions: labels, and answers of a version that was asked too.
    func deleteFollowers(of ids: [String], _ endpoint: EndpointName) throws {
        for start in stride(from: 0, to: ids.count, by: 500) {
            let some = ids[start..<min(start + 500, ids.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            for (table, key) in [("label", "prediction"), ("label_history", "prediction"), ("shadow_prediction", "id")] {
                try transaction.execute(
                    "DELETE FROM \(table) WHERE workspace = ? AND endpoint = ? AND \(key) IN (\(marks))",
                    values: [.text(endpoint.workspace), .text(endpoint.name)] + some.map { .text($0) })
            }
        }
    }

    /// Rows about `[start, end)`, in order of time, each with its label if it has one; O(rows in the window).
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
            inputs: try members(of: text), score: try row["score"], logged: try row["logged"],
            microseconds: try row["microseconds"], requestRows: try row["request_rows"],
            outputs: try (row["outputs"] as String?).map { try members(of: $0) })
    }

    private static func members(of text: String) throws -> [String: JSONValue] {
        var cursor = JSONCursor(Array(text.utf8))
        var members: [String: JSONValue] = [:]
        do {
            try cursor.forEachMember { cursor, name in members[name] = try cursor.value() }
        } catch let fault as JSONCursor.Fault {
            throw Problem(
                .internal, "serving.prediction.unreadable", "A logged prediction cannot be read.",
                why: "At byte \(fault.position): \(fault.reason).")
        }
        return members
    }
}
