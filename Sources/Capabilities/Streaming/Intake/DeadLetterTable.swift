// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Governance

/// Records that could not be taken.
struct DeadLetterTable {
    /// Letters of one stream that are kept; the oldest give way.
    static let most = 10_000

    let transaction: any Transaction
    let workspace: String
    let stream: String

    /// Keeps the record; one that is there already is left as it is.
    ///
    /// - Returns: Whether it is new.
    func insert(_ record: SourceRecord, _ problem: Problem, as id: String, at now: Timestamp) throws -> Bool {
        let headers = try JSONValue.object(record.headers.mapValues { .string($0) }).compactText()
        var hasher = SHA256()
        hasher.update(data: Data("\(headers)\0".utf8))
        hasher.update(data: Data(record.body))
        let body = Array(record.body.prefix(DeadLetter.longestBody))
        return try transaction.execute(
            """
            INSERT INTO dead_letter (id, workspace, stream, fingerprint, place, code, problem, headers, body, size, created)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (workspace, stream, fingerprint) DO NOTHING
            """, id, workspace, stream, hasher.finalize().lowercaseHexadecimal, record.place, problem.code,
            problem.description.replacing("\0", with: "\u{FFFD}"), headers, body, record.body.count, now) == 1
    }

    /// Drops the oldest ones beyond `most`.
    func trim() throws {
        try transaction.execute(
            """
            DELETE FROM dead_letter WHERE workspace = ? AND stream = ? AND id <=
                (SELECT id FROM dead_letter WHERE workspace = ? AND stream = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
            """, workspace, stream, workspace, stream, Self.most)
    }

    /// Newest first.
    func page(before id: String?, limit: Int) throws -> [DeadLetter] {
        var sql = "SELECT * FROM dead_letter WHERE workspace = ? AND stream = ?"
        var values: [DatabaseValue] = [.text(workspace), .text(stream)]
        if let id {
            sql += " AND id < ?"
            values.append(.text(id))
        }
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT \(limit)", values: values).map(Self.decode)
    }

    func find(_ id: String) throws -> DeadLetter? {
        try transaction.row("SELECT * FROM dead_letter WHERE id = ? AND workspace = ? AND stream = ?", id, workspace, stream).map(
            Self.decode)
    }

    func count() throws -> Int {
        try transaction.row("SELECT COUNT(*) AS number FROM dead_letter WHERE workspace = ? AND stream = ?", workspace, stream)?["number"]
            ?? 0
    }

    func delete(_ id: String) throws {
        try transaction.execute("DELETE FROM dead_letter WHERE id = ?", id)
    }

    static func forget(before limit: Timestamp, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM dead_letter WHERE created < ?", limit)
    }

    private static func decode(_ row: Row) throws -> DeadLetter {
        let headers: String = try row["headers"]
        return DeadLetter(
            id: try row["id"], place: try row["place"], code: try row["code"], problem: try row["problem"],
            headers: try JSONDecoder().decode([String: String].self, from: Data(headers.utf8)), body: try row["body"],
            size: try row["size"],
            created: try row["created"])
    }
}
