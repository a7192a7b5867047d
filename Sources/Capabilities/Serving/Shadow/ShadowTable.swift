// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Rows of `shadow_prediction`.
package struct ShadowTable {
    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    func insert(_ rows: ArraySlice<ShadowPrediction>) throws {
        let places = Array(repeating: "(?, ?, ?, ?, ?, ?, ?, ?, ?)", count: rows.count).joined(separator: ", ")
        let arguments = rows.flatMap { row -> [DatabaseValue] in
            [
                .text(row.workspace), .text(row.endpoint), .text(row.id), .text(row.model), .integer(Int64(row.version)),
                row.score.map { .real($0) } ?? .null, .integer(row.microseconds), row.failure.map { .text($0) } ?? .null,
                .integer(row.logged.milliseconds),
            ]
        }
        try transaction.execute(
            """
            INSERT INTO shadow_prediction (workspace, endpoint, id, model, version, score, microseconds, failure, logged)
            VALUES \(places) ON CONFLICT DO NOTHING
            """, values: arguments)
    }

    /// Both scores of each row that has been answered by both since a moment, in order of ids; O(rows).
    package func forEachPair(
        of endpoint: String, in workspace: String, model: String, version: Int, since time: Timestamp,
        _ body: (_ id: String, _ given: Double, _ mirrored: Double) throws -> Void
    ) throws {
        try transaction.forEachRow(
            """
            SELECT shadow_prediction.id AS id, prediction.score AS given, shadow_prediction.score AS mirrored FROM shadow_prediction
            JOIN prediction ON prediction.id = shadow_prediction.id
            WHERE shadow_prediction.workspace = ? AND shadow_prediction.endpoint = ? AND shadow_prediction.model = ?
                AND shadow_prediction.version = ? AND shadow_prediction.logged >= ? AND prediction.workspace = shadow_prediction.workspace
                AND prediction.score IS NOT NULL AND shadow_prediction.score IS NOT NULL
            ORDER BY shadow_prediction.id
            """,
            values: [.text(workspace), .text(endpoint), .text(model), .integer(Int64(version)), .integer(time.milliseconds)]
        ) { row in try body(try row["id"], try row["given"], try row["mirrored"]) }
    }

    package func comparison(of endpoint: String, in workspace: String, model: String, version: Int) throws -> ShadowComparison {
        var comparison = ShadowComparison()
        if let row = try transaction.row(
            """
            SELECT COUNT(*) AS count, COUNT(score) AS scored FROM shadow_prediction
            WHERE workspace = ? AND endpoint = ? AND model = ? AND version = ?
            """, workspace, endpoint, model, version)
        {
            comparison.rows = try row["count"]
            comparison.failed = comparison.rows - (try row["scored"] as Int)
        }
        var (sum, absolute) = (0.0, 0.0)
        try forEachPair(of: endpoint, in: workspace, model: model, version: version, since: Timestamp(milliseconds: 0)) {
            _, given, mirrored in
            comparison.paired += 1
            sum += mirrored - given
            absolute += abs(mirrored - given)
            if (given < 0.5) != (mirrored < 0.5) { comparison.flipped += 1 }
        }
        if comparison.paired > 0 {
            comparison.meanDifference = sum / Double(comparison.paired)
            comparison.meanAbsoluteDifference = absolute / Double(comparison.paired)
        }
        return comparison
    }
}
