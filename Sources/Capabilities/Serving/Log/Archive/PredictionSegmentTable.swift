// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// The index of archived predictions.
package struct PredictionSegmentTable {
    struct Segment: Sendable {
        var endpoint: EndpointName
        var id: String
        /// Of its first and its last row.
        var times: ClosedRange<Timestamp>
        var logged: ClosedRange<Timestamp>
        var rows: Int
        var digest: BlobDigest
        var bytes: Int64

        /// In `blob_reference`.
        var holder: String { "prediction-segment/\(id)" }
    }

    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    func insert(_ segment: Segment) throws {
        try transaction.execute(
            """
            INSERT INTO prediction_segment
                (workspace, endpoint, id, first_time, last_time, first_logged, last_logged, row_count, digest, bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, segment.endpoint.workspace, segment.endpoint.name, segment.id, segment.times.lowerBound, segment.times.upperBound,
            segment.logged.lowerBound, segment.logged.upperBound, segment.rows, segment.digest, segment.bytes)
    }

    func delete(_ segment: Segment) throws -> Bool {
        try transaction.execute(
            "DELETE FROM prediction_segment WHERE workspace = ? AND endpoint = ? AND id = ?", segment.endpoint.workspace,
            segment.endpoint.name, segment.id) > 0
    }

    /// Those with rows about `[start, end)`, in order of their first rows.
    func segments(of endpoint: EndpointName, from start: Timestamp, to end: Timestamp) throws -> [Segment] {
        try transaction.rows(
            """
            SELECT * FROM prediction_segment WHERE workspace = ? AND endpoint = ? AND first_time < ? AND last_time >= ?
            ORDER BY first_time, id
            """, endpoint.workspace, endpoint.name, end, start
        ).map(Self.decode)
    }

    /// Those with rows logged in the time; at most `limit`.
    func segments(in workspace: String, loggedIn times: ClosedRange<Timestamp>, limit: Int) throws -> [Segment] {
        try transaction.rows(
            """
            SELECT * FROM prediction_segment WHERE workspace = ? AND last_logged >= ? AND first_logged <= ?
            ORDER BY last_logged, id LIMIT ?
            """, workspace, times.lowerBound, times.upperBound, limit
        ).map(Self.decode)
    }

    /// Those whose rows are all about times before `limit`.
    func segments(of endpoint: EndpointName, before limit: Timestamp) throws -> [Segment] {
        try transaction.rows(
            "SELECT * FROM prediction_segment WHERE workspace = ? AND endpoint = ? AND last_time < ? ORDER BY first_time, id",
            endpoint.workspace, endpoint.name, limit
        ).map(Self.decode)
    }

    /// For readers of the table who must not take a part for the whole.
    ///
    /// - Throws: `Problem` `.conflict` when some of the window's rows are archived.
    package func requireNone(of endpoint: String, in workspace: String, from start: Timestamp, to end: Timestamp) throws {
        let archived = try segments(of: EndpointName(workspace: workspace, name: endpoint), from: start, to: end)
        guard !archived.isEmpty else { return }
        throw Problem(
            .conflict, "serving.window.archived", "Predictions of '\(endpoint)' about this time are in the archive.",
            why: "Up to \(archived.reduce(0) { $0 + $1.rows }) rows in \(archived.count) files.",
            fix: "Bring them back: dhow prediction restore \(endpoint) --start … --end …. They are archived again at the next pass.")
    }

    private static func decode(_ row: Row) throws -> Segment {
        Segment(
            endpoint: EndpointName(workspace: try row["workspace"], name: try row["endpoint"]), id: try row["id"],
            times: try row["first_time"]...(try row["last_time"]), logged: try row["first_logged"]...(try row["last_logged"]),
            rows: try row["row_count"], digest: try row["digest"], bytes: try row["bytes"])
    }
}
