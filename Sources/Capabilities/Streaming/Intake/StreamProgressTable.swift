// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// How far one stream is, and which process carries it.
struct StreamProgressTable {
    let transaction: any Transaction
    let workspace: String
    let stream: String

    func begin() throws {
        try transaction.execute(
            """
            INSERT INTO stream_progress (workspace, stream, lease_end, taken, repeated, refused) VALUES (?, ?, 0, 0, 0, 0)
            ON CONFLICT (workspace, stream) DO NOTHING
            """, workspace, stream)
    }

    func find() throws -> StreamProgress {
        guard let row = try transaction.row("SELECT * FROM stream_progress WHERE workspace = ? AND stream = ?", workspace, stream) else {
            return StreamProgress()
        }
        var progress = StreamProgress()
        progress.taken = try row["taken"]
        progress.repeated = try row["repeated"]
        progress.refused = try row["refused"]
        progress.lastTaken = try row["last_taken"]
        progress.error = try row["error"]
        progress.failed = try row["failed"]
        return progress
    }

    /// Makes `owner` the one that carries the stream, or lengthens its lease.
    ///
    /// - Returns: False while another one has it.
    func claim(_ owner: String, until end: Timestamp, at now: Timestamp) throws -> Bool {
        try transaction.execute(
            """
            UPDATE stream_progress SET owner = ?, lease_end = ?
            WHERE workspace = ? AND stream = ? AND (owner IS NULL OR owner = ? OR lease_end <= ?)
            """, owner, end, workspace, stream, owner, now) == 1
    }

    func release(_ owner: String) throws {
        try transaction.execute(
            "UPDATE stream_progress SET owner = NULL, lease_end = 0 WHERE workspace = ? AND stream = ? AND owner = ?", workspace, stream,
            owner)
    }

    /// Counts what was done; what was wrong before is over.
    func add(taken: Int, repeated: Int, refused: Int, at now: Timestamp) throws {
        try transaction.execute(
            """
            UPDATE stream_progress SET taken = taken + CAST(? AS BIGINT), repeated = repeated + CAST(? AS BIGINT),
                refused = refused + CAST(? AS BIGINT), last_taken = ?, error = NULL, failed = NULL
            WHERE workspace = ? AND stream = ?
            """, taken, repeated, refused, now, workspace, stream)
    }

    /// - Parameter error: Nil when nothing is wrong any more.
    func note(_ error: String?, at now: Timestamp) throws {
        try transaction.execute(
            "UPDATE stream_progress SET error = ?, failed = ? WHERE workspace = ? AND stream = ?", error, error == nil ? nil : now,
            workspace,
            stream)
    }

    func positions() throws -> [StreamPosition] {
        try transaction.rows(
            "SELECT part, position, moved FROM stream_position WHERE workspace = ? AND stream = ? ORDER BY part", workspace, stream
        ).map { StreamPosition(part: try $0["part"], position: try $0["position"], moved: try $0["moved"]) }
    }

    func move(_ moves: [String: String], at now: Timestamp) throws {
        guard !moves.isEmpty else { return }
        try transaction.insert(
            into: "stream_position (workspace, stream, part, position, moved)",
            rows: moves.sorted { $0.key < $1.key }.map {
                [.text(workspace), .text(stream), .text($0.key), .text($0.value), .integer(now.milliseconds)]
            }, "ON CONFLICT (workspace, stream, part) DO UPDATE SET position = excluded.position, moved = excluded.moved")
    }

    func forgetPositions() throws {
        try transaction.execute("DELETE FROM stream_position WHERE workspace = ? AND stream = ?", workspace, stream)
    }
}
