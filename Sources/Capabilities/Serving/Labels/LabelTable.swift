// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Labels and what they said before they were corrected.
package struct LabelTable {
    private static let rowsPerStatement = 200
    private let transaction: any Transaction
    private let workspace: String
    private let endpoint: String

    package init(transaction: any Transaction, workspace: String, endpoint: String) {
        self.transaction = transaction
        self.workspace = workspace
        self.endpoint = endpoint
    }

    package func find(_ prediction: String) throws -> (value: Double, received: Timestamp)? {
        try transaction.row(
            "SELECT value, received FROM label WHERE workspace = ? AND endpoint = ? AND prediction = ?", workspace, endpoint, prediction
        ).map { (try $0["value"], try $0["received"]) }
    }

    /// Those that there are, by prediction.
    func values(of predictions: [String]) throws -> [String: Double] {
        var values: [String: Double] = [:]
        for start in stride(from: 0, to: predictions.count, by: 500) {
            let some = predictions[start..<min(start + 500, predictions.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            let rows = try transaction.rows(
                "SELECT prediction, value FROM label WHERE workspace = ? AND endpoint = ? AND prediction IN (\(marks))",
                values: [.text(workspace), .text(endpoint)] + some.map { .text($0) })
            for row in rows { values[try row["prediction"]] = try row["value"] }
        }
        return values
    }

    /// Earlier values, oldest first.
    package func history(of prediction: String) throws -> [(value: Double, received: Timestamp, replaced: Timestamp)] {
        try transaction.rows(
            """
            SELECT value, received, replaced FROM label_history WHERE workspace = ? AND endpoint = ? AND prediction = ?
            ORDER BY replaced, received
            """, workspace, endpoint, prediction
        ).map { (try $0["value"], try $0["received"], try $0["replaced"]) }
    }

    /// Inserts what is new, moves what is corrected to the history; a value that is there already is left as it is.
    ///
    /// - Parameter labels: No prediction twice.
    package func record(_ labels: [Label], at time: Timestamp) throws -> LabelReceipt {
        var receipt = LabelReceipt()
        for start in stride(from: 0, to: labels.count, by: Self.rowsPerStatement) {
            let part = labels[start..<min(start + Self.rowsPerStatement, labels.count)]
            let corrected = try keepHistory(of: part, at: time)
            let changed = try upsert(part, at: time)
            receipt.corrected += corrected
            receipt.recorded += changed - corrected
            receipt.unchanged += part.count - changed
        }
        return receipt
    }

    private func keepHistory(of labels: ArraySlice<Label>, at time: Timestamp) throws -> Int {
        let places = Array(repeating: "(CAST(? AS TEXT), CAST(? AS DOUBLE PRECISION))", count: labels.count).joined(separator: ", ")
        let given = labels.flatMap { [DatabaseValue.text($0.predictionID), .real($0.value)] }
        return try transaction.execute(
            """
            WITH given (prediction, value) AS (VALUES \(places))
            INSERT INTO label_history (workspace, endpoint, prediction, value, received, replaced)
            SELECT label.workspace, label.endpoint, label.prediction, label.value, label.received, CAST(? AS BIGINT) FROM label
            JOIN given ON given.prediction = label.prediction
            WHERE label.workspace = ? AND label.endpoint = ? AND label.value <> given.value
            """, values: given + [.integer(time.milliseconds), .text(workspace), .text(endpoint)])
    }

    private func upsert(_ labels: ArraySlice<Label>, at time: Timestamp) throws -> Int {
        let places = Array(repeating: "(?, ?, ?, ?, ?)", count: labels.count).joined(separator: ", ")
        let values = labels.flatMap { label in
            [
                DatabaseValue.text(workspace), .text(endpoint), .text(label.predictionID), .real(label.value), .integer(time.milliseconds),
            ]
        }
        return try transaction.execute(
            """
            INSERT INTO label (workspace, endpoint, prediction, value, received) VALUES \(places)
            ON CONFLICT (workspace, endpoint, prediction) DO UPDATE SET value = excluded.value, received = excluded.received
            WHERE label.value <> excluded.value
            """, values: values)
    }
}
