// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import TestSupport
import Testing

@Suite("Database transactions")
struct TransactionTests {
    struct Refused: Error, Equatable {}

    static let tables = MigrationList(
        "sample",
        [
            Migration(
                1, "create",
                [
                    "CREATE TABLE parent (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, size BIGINT CHECK (size >= 0)) {clustered}",
                    "CREATE TABLE child (id BIGINT PRIMARY KEY, parent BIGINT NOT NULL REFERENCES parent (id) ON DELETE RESTRICT) {clustered}",
                ])
        ])

    @Test("undoes a write whose body throws, and rethrows its error", arguments: TestDatabase.allCases)
    func undo(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            await #expect(throws: Refused.self) {
                try await database.write { transaction in
                    try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'a')")
                    throw Refused()
                }
            }
            let names = try await names(in: database)
            #expect(names == [])
        }
    }

    @Test("says which kind of rule a statement would have broken", arguments: TestDatabase.allCases)
    func violations(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            try await database.write { transaction in
                try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'a')")
                try transaction.execute("INSERT INTO child (id, parent) VALUES (1, 1)")
            }
            let cases: [(String, ConstraintViolation.Kind)] = [
                ("INSERT INTO parent (id, name) VALUES (1, 'b')", .unique),
                ("INSERT INTO parent (id, name) VALUES (2, 'a')", .unique),
                ("INSERT INTO parent (id, name) VALUES (3, NULL)", .notNull),
                ("INSERT INTO parent (id, name, size) VALUES (4, 'd', -1)", .check),
                ("INSERT INTO child (id, parent) VALUES (2, 99)", .foreignKey),
                ("DELETE FROM parent WHERE id = 1", .foreignKey),
            ]
            for (sql, kind) in cases {
                let violation = await #expect(throws: ConstraintViolation.self, "\(sql)") {
                    try await database.write { try $0.execute(sql) }
                }
                #expect(violation?.kind == kind, "\(sql)")
            }
        }
    }

    @Test("goes on after a violation inside attempt, and keeps what came before it", arguments: TestDatabase.allCases)
    func attempt(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            let caught = try await database.write { transaction in
                var caught = 0
                try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'a')")
                do {
                    try transaction.attempt {
                        try transaction.execute("INSERT INTO parent (id, name) VALUES (2, 'undone')")
                        try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'twice')")
                    }
                } catch is ConstraintViolation { caught += 1 }
                let number = try transaction.attempt {
                    try transaction.execute("INSERT INTO parent (id, name) VALUES (3, 'c')")
                    do {
                        try transaction.attempt { try transaction.execute("INSERT INTO parent (id, name) VALUES (4, 'a')") }
                    } catch is ConstraintViolation { caught += 1 }
                    return 5
                }
                try transaction.execute("INSERT INTO parent (id, name) VALUES (?, 'e')", number)
                return caught
            }
            #expect(caught == 2)
            #expect(try await names(in: database) == ["a", "c", "e"])
        }
    }

    @Test("undoes an attempt whose body throws an error of its own", arguments: TestDatabase.allCases)
    func attemptWithOwnError(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            try await database.write { transaction in
                do {
                    try transaction.attempt {
                        try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'undone')")
                        throw Refused()
                    }
                } catch is Refused {}
                try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'kept')")
            }
            #expect(try await names(in: database) == ["kept"])
        }
    }

    @Test("refuses to go on after a failed statement outside attempt", arguments: TestDatabase.allCases)
    func swallowed(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            for goesOn in [false, true] {
                let problem = await #expect(throws: Problem.self) {
                    try await database.write { transaction in
                        try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'a')")
                        _ = try? transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'twice')")
                        if goesOn { try transaction.execute("INSERT INTO parent (id, name) VALUES (2, 'b')") }
                    }
                }
                #expect(problem?.code == "database.transaction.lost")
            }
            let names = try await names(in: database)
            #expect(names == [])
        }
    }

    @Test("counts the rows a statement changed, and none for a table made", arguments: TestDatabase.allCases)
    func counts(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            let counts = try await database.write { transaction in
                [
                    try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')"),
                    try transaction.execute("UPDATE parent SET size = 1 WHERE id > ?", 1),
                    try transaction.execute("CREATE TABLE other (id BIGINT)"),
                    try transaction.execute("DELETE FROM parent WHERE id = 99"),
                ]
            }
            #expect(counts == [3, 2, 0, 0])
        }
    }

    @Test("gives the rows that an insertion returns", arguments: TestDatabase.allCases)
    func returning(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            let sql =
                "INSERT INTO parent (id, name, size) VALUES (1, 'a', 1) ON CONFLICT (id) DO UPDATE SET size = parent.size + 1 RETURNING size"
            let sizes = try await database.write { transaction in
                try (1...3).map { _ in
                    let size: Int = try #require(try transaction.row(sql))["size"]
                    return size
                }
            }
            #expect(sizes == [1, 2, 3])
        }
    }

    @Test("runs statements, also the same one, while the rows of another come in", arguments: TestDatabase.allCases)
    func nested(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            let pairs = try await database.write { transaction in
                try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
                var pairs: [String] = []
                let sql = "SELECT name FROM parent WHERE id > ? ORDER BY id"
                try transaction.forEachRow(sql, values: [.integer(0)]) { outer in
                    try transaction.forEachRow(sql, values: [.integer(1)]) { inner in
                        let left: String = try outer["name"]
                        let right: String = try inner["name"]
                        pairs.append(left + right)
                    }
                }
                return pairs
            }
            #expect(pairs == ["ab", "ac", "bb", "bc", "cb", "cc"])
        }
    }

    @Test("goes on after the reading of rows was broken off", arguments: TestDatabase.allCases)
    func brokenOff(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            try await database.write { transaction in
                try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'a'), (2, 'b')")
                do {
                    try transaction.forEachRow("SELECT id FROM parent", values: []) { _ in throw Refused() }
                } catch is Refused {}
                try transaction.execute("UPDATE parent SET size = 1")
            }
            #expect(try await database.read { try $0.rows("SELECT id FROM parent WHERE size = 1").count } == 2)
        }
    }

    @Test("hides SQL and the engine's words from the caller", arguments: TestDatabase.allCases)
    func hidden(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.tables]) { database in
            let problem = await #expect(throws: Problem.self) {
                try await database.read { try $0.rows("SELECT secret_column FROM parent") }
            }
            #expect(problem?.kind == .internal)
            #expect(problem?.code == "database.statement.failed")
            #expect(problem?.description.contains("secret_column") == false)
        }
    }

    private func names(in database: any Database) async throws -> [String] {
        try await database.read { transaction in
            try transaction.rows("SELECT name FROM parent ORDER BY id").map { row in
                let name: String = try row["name"]
                return name
            }
        }
    }
}
