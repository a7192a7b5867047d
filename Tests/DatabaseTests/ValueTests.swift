// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import TestSupport
import Testing

@Suite("Database values")
struct ValueTests {
    private static let sample = MigrationList(
        "sample",
        [
            Migration(
                1, "create",
                [
                    "CREATE TABLE sample (id BIGINT PRIMARY KEY, number BIGINT, real_number DOUBLE PRECISION, text TEXT, bytes BYTEA) {clustered}"
                ])
        ])

    @Test("gives integers back unchanged, up to the limits of Int64", arguments: TestDatabase.allCases)
    func integers(engine: TestDatabase) async throws {
        for number in [0, 1, -1, 42, Int64(Int32.max) + 1, .max, .min] {
            #expect(try await roundTrip(.integer(number), in: "number", on: engine) == .integer(number))
        }
    }

    @Test("gives doubles back bit for bit, also infinities and the smallest", arguments: TestDatabase.allCases)
    func doubles(engine: TestDatabase) async throws {
        let numbers = [
            0, 1, -2.5, 0.1, 1.0 / 3, 1e15, 1e300, .greatestFiniteMagnitude, .leastNormalMagnitude, .leastNonzeroMagnitude, .infinity,
            -.infinity,
        ]
        for number in numbers {
            #expect(try await roundTrip(.real(number), in: "real_number", on: engine) == .real(number), "\(number)")
        }
    }

    @Test("gives text back unchanged, of any script and length", arguments: TestDatabase.allCases)
    func texts(engine: TestDatabase) async throws {
        let long = String(repeating: "ab\u{1F600}", count: 100_000)
        for text in [
            "", "plain", "it's ? \"quoted\" -- $1", "Grüße, 世界, العربية", "e\u{301}", "\u{1F469}\u{200D}\u{1F52C}", "a\tb\r\n", "\u{1}",
            long,
        ] {
            #expect(try await roundTrip(.text(text), in: "text", on: engine) == .text(text))
        }
    }

    @Test("gives bytes back unchanged, also none", arguments: TestDatabase.allCases)
    func blobs(engine: TestDatabase) async throws {
        for bytes in [[], [0], Array(0...255), [UInt8](repeating: 0xC3, count: 1_000_000)] {
            #expect(try await roundTrip(.blob(bytes), in: "bytes", on: engine) == .blob(bytes))
        }
    }

    @Test("keeps null apart from every other value", arguments: TestDatabase.allCases)
    func nulls(engine: TestDatabase) async throws {
        for column in ["number", "real_number", "text", "bytes"] {
            #expect(try await roundTrip(.null, in: column, on: engine) == .null)
        }
    }

    @Test("gives comparisons as 0 or 1 and integers in a real column as doubles", arguments: TestDatabase.allCases)
    func conversions(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.sample]) { database in
            try await database.write { try $0.execute("INSERT INTO sample (id, real_number) VALUES (?, ?)", 1, 7) }
            let row = try #require(
                try await database.read { try $0.row("SELECT real_number, id = 1 AS yes, id = 2 AS no, count(*) OVER () AS n FROM sample") }
            )
            let real: Double = try row["real_number"]
            let yes: Bool = try row["yes"]
            let no: Bool = try row["no"]
            let count: Int = try row["n"]
            #expect(real == 7 && yes && !no && count == 1)
        }
    }

    @Test("refuses NaN and U+0000, and undoes the write", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.sample]) { database in
            for (value, code) in [(DatabaseValue.real(.nan), "database.value.notANumber"), (.text("a\0b"), "database.text.nul")] {
                let problem = await #expect(throws: Problem.self) {
                    try await database.write { transaction in
                        try transaction.execute("INSERT INTO sample (id) VALUES (1)")
                        try transaction.execute("INSERT INTO sample (id, text, real_number) VALUES (2, ?, 0)", values: [value])
                    }
                }
                #expect(problem?.kind == .invalid)
                #expect(problem?.code == code)
            }
            let rows = try await database.read { try $0.rows("SELECT id FROM sample") }
            #expect(rows.isEmpty)
        }
    }

    private func roundTrip(_ value: DatabaseValue, in column: String, on engine: TestDatabase) async throws -> DatabaseValue {
        try await engine.withDatabase([Self.sample]) { database in
            try await database.write { try $0.execute("INSERT INTO sample (id, \(column)) VALUES (1, ?)", values: [value]) }
            let row = try #require(try await database.read { try $0.row("SELECT \(column) AS value FROM sample WHERE id = ?", 1) })
            let stored: DatabaseValue? = try row["value"]
            return stored ?? .null
        }
    }
}
