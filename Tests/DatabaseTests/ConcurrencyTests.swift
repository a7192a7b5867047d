// SPDX-License-Identifier: Apache-2.0

import Backends
import Dispatch
import Domain
import Synchronization
import TestSupport
import Testing

@Suite("Database concurrency")
struct ConcurrencyTests {
    static let counter = MigrationList(
        "sample",
        [
            Migration(
                1, "create",
                ["CREATE TABLE counter (id BIGINT PRIMARY KEY, value BIGINT NOT NULL)", "INSERT INTO counter VALUES (1, 0), (2, 0)"])
        ])

    @Test("loses no increment of 64 tasks that read and then write", arguments: TestDatabase.allCases)
    func increments(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.counter]) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        for _ in 0..<5 { try await database.write { try Self.increment(1, in: $0) } }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await Self.values(in: database) == [320, 0])
        }
    }

    @Test("keeps a rule that two writes would break together but not one after the other", arguments: TestDatabase.allCases)
    func writeSkew(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.counter]) { database in
            // Each write may take its own row to 1 only while the sum of both is 0.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in [1, 2, 1, 2, 1, 2, 1, 2] {
                    group.addTask {
                        try await database.write { transaction in
                            let row = try #require(try transaction.row("SELECT CAST(SUM(value) AS BIGINT) AS total FROM counter"))
                            let total: Int = try row["total"]
                            if total == 0 { try Self.increment(id, in: transaction) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await Self.values(in: database).reduce(0, +) == 1)
        }
    }

    @Test("reads a snapshot beside an open write, and the write after it returned", arguments: TestDatabase.allCases)
    func snapshot(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.counter]) { database in
            let changed = DispatchSemaphore(value: 0)
            let goOn = DispatchSemaphore(value: 0)
            async let write: Void = database.write { transaction in
                try Self.increment(1, in: transaction)
                changed.signal()
                goOn.wait()
            }
            await Self.wait(for: changed)
            let during = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 { group.addTask { try await Self.values(in: database) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            goOn.signal()
            try await write
            #expect(during == Array(repeating: [0, 0], count: 4))
            #expect(try await Self.values(in: database) == [1, 0])
        }
    }

    @Test("shows a read one state, whatever is committed while it runs", arguments: TestDatabase.allCases)
    func stableRead(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.counter]) { database in
            let first = DispatchSemaphore(value: 0)
            let goOn = DispatchSemaphore(value: 0)
            async let seen = database.read { transaction in
                let before = try Self.value(1, in: transaction)
                first.signal()
                goOn.wait()
                return [before, try Self.value(1, in: transaction)]
            }
            await Self.wait(for: first)
            try await database.write { try Self.increment(1, in: $0) }
            goOn.signal()
            #expect(try await seen == [0, 0])
        }
    }

    @Test("refuses to write in a read", arguments: TestDatabase.allCases)
    func readOnly(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.counter]) { database in
            let problem = await #expect(throws: Problem.self) {
                try await database.read { try $0.execute("UPDATE counter SET value = 9") }
            }
            #expect(problem?.code == "database.read.wrote")
            let values = try await Self.values(in: database)
            #expect(values == [0, 0])
        }
    }

    @Test("runs writes with the same lock one at a time, over two openings", arguments: TestDatabase.allCases)
    func locking(engine: TestDatabase) async throws {
        try await engine.withPlace { place in
            let databases = [try place.open(), try place.open()]
            try await Migrator([Self.counter]).migrate(databases[0])
            let occupancy = Occupancy()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await databases[number % 2].write(locking: "sample") { transaction in
                            occupancy.enter()
                            defer { occupancy.leave() }
                            try Self.increment(1, in: transaction)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(occupancy.most == 1)
            #expect(try await Self.values(in: databases[1]) == [40, 0])
            for database in databases { await database.close() }
        }
    }

    @Test("streams 100,000 rows and leaves off where told", arguments: TestDatabase.allCases)
    func streaming(engine: TestDatabase) async throws {
        struct Enough: Error {}
        let numbers = "WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 100000) SELECT n FROM series"
        try await engine.withDatabase { database in
            let sum = try await database.read { transaction in
                var sum = 0
                try transaction.forEachRow(numbers, values: []) { row in
                    let number: Int = try row["n"]
                    sum += number
                }
                return sum
            }
            #expect(sum == 5_000_050_000)
            let seen = try await database.read { transaction in
                var seen = 0
                do {
                    try transaction.forEachRow(numbers, values: []) { _ in
                        seen += 1
                        if seen == 10 { throw Enough() }
                    }
                } catch is Enough {}
                return seen
            }
            #expect(seen == 10)
        }
    }

    @Test("finishes what runs when closed, and refuses what comes after", arguments: TestDatabase.allCases)
    func close(engine: TestDatabase) async throws {
        try await engine.withPlace { place in
            let database = try place.open()
            try await Migrator([Self.counter]).migrate(database)
            let began = DispatchSemaphore(value: 0)
            let goOn = DispatchSemaphore(value: 0)
            async let write: Void = database.write { transaction in
                began.signal()
                goOn.wait()
                try Self.increment(1, in: transaction)
            }
            await Self.wait(for: began)
            async let closing: Void = database.close()
            goOn.signal()
            try await write
            await closing
            let refusal = await #expect(throws: Problem.self) { try await Self.values(in: database) }
            #expect(refusal?.code == "database.closed")
            await #expect(throws: Problem.self) { try await database.write { try Self.increment(1, in: $0) } }
            let again = try place.open()
            #expect(try await Self.values(in: again) == [1, 0])
            await again.close()
        }
    }

    @Test("writes and reads in a cancelled task", arguments: TestDatabase.allCases)
    func cancelled(engine: TestDatabase) async throws {
        try await engine.withDatabase([Self.counter]) { database in
            let values = try await withThrowingTaskGroup(of: [Int].self) { group in
                group.cancelAll()
                group.addTask {
                    try await database.write { try Self.increment(2, in: $0) }
                    return try await Self.values(in: database)
                }
                return try await group.next()
            }
            #expect(values == [0, 1])
        }
    }

    static func increment(_ id: Int, in transaction: any Transaction) throws {
        try transaction.execute("UPDATE counter SET value = ? WHERE id = ?", try value(id, in: transaction) + 1, id)
    }

    static func value(_ id: Int, in transaction: any Transaction) throws -> Int {
        try #require(try transaction.row("SELECT value FROM counter WHERE id = ?", id))["value"]
    }

    static func values(in database: any Database) async throws -> [Int] {
        try await database.read { transaction in
            try transaction.rows("SELECT value FROM counter ORDER BY id").map { row in
                let value: Int = try row["value"]
                return value
            }
        }
    }

    /// Waits off the cooperative pool.
    static func wait(for semaphore: DispatchSemaphore) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                semaphore.wait()
                continuation.resume()
            }
        }
    }
}

/// How many are inside at once.
private final class Occupancy: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    var most: Int { counts.withLock { $0.most } }

    func enter() {
        counts.withLock { counts in
            counts.now += 1
            counts.most = max(counts.most, counts.now)
        }
    }

    func leave() {
        counts.withLock { $0.now -= 1 }
    }
}
