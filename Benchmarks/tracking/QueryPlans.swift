// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import SQLite
import Synchronization
import Tracking

/// The statements that searches run, as SQLite plans them.
struct QueryPlans {
    let folder: URL

    func print() async throws {
        let file = try SQLiteDatabase(path: folder.appending(path: "plans.sqlite").path)
        try await Migrator([GovernanceMigrations.list, LedgerMigrations.list, TrackingMigrations.list]).migrate(file)
        let database = RecordingDatabase(file)
        let clock = SystemWallClock()
        let governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        let runs = RunTracking(governor: governor)
        let caller = Caller.controller("bench", in: "default")
        let run = try await runs.create(in: 0, name: "run", by: caller)
        try await database.describe("runs, by a metric and a param, the best first") {
            _ = try await runs.search(
                "metrics.auc > 0.5 and params.depth = '3'", in: [0], order: ["metrics.auc DESC"], limit: 100, by: caller)
        }
        try await database.describe("runs, the newest first") {
            _ = try await runs.search("", in: [0], limit: 1_000, by: caller)
        }
        try await database.describe("a page of a metric's history") {
            _ = try await runs.history(of: "loss", in: run.id, after: nil, limit: 25_000, by: caller)
        }
        try await database.describe("a metric's history, thinned to 1,000 points") {
            _ = try await runs.sampledHistory(of: "loss", in: [run.id], from: nil, through: nil, limit: 1_000, by: caller)
        }
        try await database.describe("experiments, the last changed first") {
            _ = try await ExperimentTracking(governor: governor).search("", limit: 1_000, by: caller)
        }
        await file.close()
    }
}

/// Passes everything on to a database and keeps the reading statements.
private final class RecordingDatabase: Database {
    private let database: any Database
    private let statements = Mutex<[(sql: String, values: [DatabaseValue])]>([])

    init(_ database: any Database) {
        self.database = database
    }

    var engine: DatabaseEngine { database.engine }

    func describe(_ what: String, _ body: () async throws -> Void) async throws {
        statements.withLock { $0 = [] }
        try await body()
        say("\n\(what)")
        for (sql, values) in statements.withLock({ $0 }) {
            say("  " + sql.split(whereSeparator: \.isWhitespace).joined(separator: " "))
            let plan = try await database.read { try $0.rows("EXPLAIN QUERY PLAN " + sql, values: values) }
            for row in plan {
                let detail: String = try row["detail"]
                say("    " + detail)
            }
        }
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await database.read { transaction in
            try body(
                RecordingTransaction(transaction: transaction) { sql, values in self.statements.withLock { $0.append((sql, values)) } })
        }
    }

    func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await database.write(locking: lock, body)
    }

    func close() async { await database.close() }
}

private struct RecordingTransaction: Transaction {
    let transaction: any Transaction
    let record: (String, [DatabaseValue]) -> Void

    var engine: DatabaseEngine { transaction.engine }

    func execute(_ sql: String, values: [DatabaseValue]) throws -> Int { try transaction.execute(sql, values: values) }

    func insert(into target: String, rows: [[DatabaseValue]], _ ending: String) throws {
        try transaction.insert(into: target, rows: rows, ending)
    }

    func forEachRow(_ sql: String, values: [DatabaseValue], _ body: (Row) throws -> Void) throws {
        record(sql, values)
        try transaction.forEachRow(sql, values: values, body)
    }

    func attempt<Result>(_ body: () throws -> Result) throws -> Result { try transaction.attempt(body) }
}
