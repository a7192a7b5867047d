// SPDX-License-Identifier: Apache-2.0

import Backends
import Dispatch
import Domain
import Foundation
import SQLite
import TestSupport
import Testing

@Suite("SQLite's group commit")
struct GroupCommitTests {
    struct Refused: Error {}

    @Test("commits together the writes that waited, and undoes only the one that failed")
    func grouping() async throws {
        try await withSQLite { database in
            let outcomes = try await runTogether(
                (0..<64).map { (number: Int) in
                    { transaction in
                        try transaction.execute("INSERT INTO item (id, parent) VALUES (?, NULL)", number)
                        if number == 17 { throw Refused() }
                    }
                }, in: database)
            #expect(outcomes.enumerated().filter { !$0.element }.map(\.offset) == [17])
            // The write that held the writer and the 64 behind it, of which one failed.
            #expect(database.writerCounts == WriterCounts(commits: 1, writes: 64, waiting: 0))
            #expect(try await database.read { try $0.rows("SELECT id FROM item").count } == 63)
        }
    }

    @Test("takes at most 256 writes into one commit")
    func bound() async throws {
        try await withSQLite { database in
            let outcomes = try await runTogether(
                (0..<300).map { (number: Int) in { try $0.execute("INSERT INTO item (id, parent) VALUES (?, NULL)", number) } },
                in: database)
            #expect(outcomes == Array(repeating: true, count: 300))
            #expect(database.writerCounts == WriterCounts(commits: 2, writes: 301, waiting: 0))
        }
    }

    @Test("lets only that write fail whose deferred rule is broken at the commit")
    func deferred() async throws {
        try await withSQLite { database in
            let outcomes = try await runTogether(
                [
                    { try $0.execute("INSERT INTO item (id, parent) VALUES (1, NULL)") },
                    { try $0.execute("INSERT INTO item (id, parent) VALUES (2, 99)") },
                    { try $0.execute("INSERT INTO item (id, parent) VALUES (3, 1)") },
                ], in: database)
            #expect(outcomes == [true, false, true])
        }
    }

    @Test("keeps the others of a group when SQLite undoes all of it because of one")
    func undoneBySQLite() async throws {
        try await withSQLite { database in
            let outcomes = try await runTogether(
                [
                    { try $0.execute("INSERT INTO item (id, parent) VALUES (1, NULL)") },
                    { transaction in
                        // As a full disk does: the transaction is gone, and what follows must not commit by itself.
                        _ = try? transaction.execute("INSERT OR ROLLBACK INTO item (id, parent) VALUES (1, NULL)")
                        _ = try? transaction.execute("INSERT INTO item (id, parent) VALUES (2, NULL)")
                    },
                    { try $0.execute("INSERT INTO item (id, parent) VALUES (3, NULL)") },
                ], in: database)
            #expect(outcomes == [true, false, true])
            let ids = try await database.read { try $0.rows("SELECT id FROM item").map { row in try row["id"] as Int } }
            #expect(ids == [1, 3])
        }
    }

    @Test("answers a full disk as such, keeps reading, and writes again when there is room")
    func fullDisk() async throws {
        try await withSQLite { database in
            try await database.write { transaction in
                _ = try transaction.rows("PRAGMA max_page_count = 20")
            }
            let outcomes = try await runTogether(
                [
                    { try $0.execute("INSERT INTO item (id, parent) VALUES (1, NULL)") },
                    { try $0.execute("INSERT INTO filler VALUES (?)", [UInt8](repeating: 1, count: 1_000_000)) },
                ], in: database)
            #expect(outcomes == [true, false])
            let problem = await #expect(throws: Problem.self) {
                try await database.write { try $0.execute("INSERT INTO filler VALUES (?)", [UInt8](repeating: 1, count: 1_000_000)) }
            }
            #expect(problem?.kind == .storageFull)
            #expect(problem?.code == "database.storage.full")
            #expect(try await database.read { try $0.rows("SELECT * FROM filler").count } == 0)
            try await database.write { try $0.execute("INSERT INTO item (id, parent) VALUES (2, NULL)") }
        }
    }

    @Test("syncs every commit, enforces foreign keys and uses a write-ahead log")
    func settings() async throws {
        try await withSQLite { database in
            let settings = try await database.write { transaction in
                try ["synchronous", "foreign_keys", "journal_mode"].map { name in
                    let value: DatabaseValue = try #require(try transaction.row("PRAGMA \(name)"))[name]
                    return value
                }
            }
            #expect(settings == [.integer(2), .integer(1), .text("wal")])
        }
    }

    @Test("refuses a file that is no database, naming it")
    func noDatabase() async throws {
        try await TestDatabase.sqlite.withPlace { place in
            let path = try #require(place.path)
            try String(repeating: "not a database", count: 100).write(toFile: path, atomically: true, encoding: .utf8)
            let problem = #expect(throws: Problem.self) { try SQLiteDatabase(path: path) }
            #expect(problem?.code == "database.file.unopenable")
            #expect(problem?.what.contains(path) == true)
        }
    }

    private func withSQLite(_ body: (SQLiteDatabase) async throws -> Void) async throws {
        try await TestDatabase.sqlite.withPlace { place in
            let path = try #require(place.path)
            // Tables are made through another opening, so that the counts of this one begin at zero.
            let maker = try SQLiteDatabase(path: path)
            try await maker.write { transaction in
                try transaction.execute(
                    "CREATE TABLE item (id BIGINT PRIMARY KEY, parent BIGINT REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)")
                try transaction.execute("CREATE TABLE filler (bytes BYTEA)")
            }
            await maker.close()
            let database = try SQLiteDatabase(path: path)
            try await body(database)
            await database.close()
        }
    }

    /// Holds the writer with a write of its own until all of `bodies` wait behind it, in order; true for each that committed.
    private func runTogether(
        _ bodies: [@Sendable (any Transaction) throws -> Void], in database: SQLiteDatabase
    ) async throws -> [Bool] {
        let holding = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        return try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
            group.addTask {
                // Its outcome is that of its group, and not asked for.
                try? await database.write { _ in
                    holding.signal()
                    goOn.wait()
                    // The body may run again, and then must not wait.
                    goOn.signal()
                }
                return (-1, true)
            }
            await ConcurrencyTests.wait(for: holding)
            for (index, body) in bodies.enumerated() {
                group.addTask {
                    do {
                        try await database.write(body)
                        return (index, true)
                    } catch {
                        return (index, false)
                    }
                }
                while database.writerCounts.waiting <= index { await Task.yield() }
            }
            goOn.signal()
            var outcomes = Array(repeating: false, count: bodies.count)
            for try await (index, outcome) in group where index >= 0 { outcomes[index] = outcome }
            return outcomes
        }
    }
}
