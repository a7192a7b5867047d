// SPDX-License-Identifier: Apache-2.0

import Backends
import Dispatch
import Domain
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("Postgres", .enabled(if: TestDatabase.allCases.contains(.postgres)))
struct PostgresTests {
    private static let backend = "SELECT CAST(pg_backend_pid() AS BIGINT) AS pid"

    @Test("replaces a connection that broke while nobody used it")
    func brokenIdle() async throws {
        try await TestDatabase.postgres.withDatabase([ConcurrencyTests.counter]) { database in
            let first = try await pid(of: database)
            try await terminate(first)
            try await database.write { try ConcurrencyTests.increment(1, in: $0) }
            #expect(try await pid(of: database) != first)
            #expect(try await ConcurrencyTests.values(in: database) == [1, 0])
        }
    }

    @Test("begins anew when the connection breaks before the commit, and stores the effect once")
    func brokenInside() async throws {
        try await TestDatabase.postgres.withDatabase([ConcurrencyTests.counter]) { database in
            let isOpen = DispatchSemaphore(value: 0)
            let goOn = DispatchSemaphore(value: 0)
            let process = LastProcess()
            async let write: Void = database.write { transaction in
                try ConcurrencyTests.increment(1, in: transaction)
                process.pid.withLock { $0 = (try? transaction.row(Self.backend)?["pid"]) ?? 0 }
                isOpen.signal()
                goOn.wait()
                goOn.signal()
                try ConcurrencyTests.increment(2, in: transaction)
                process.runs.withLock { $0 += 1 }
            }
            await ConcurrencyTests.wait(for: isOpen)
            try await terminate(process.pid.withLock { $0 })
            goOn.signal()
            try await write
            #expect(process.runs.withLock { $0 } == 1)
            #expect(try await ConcurrencyTests.values(in: database) == [1, 1])
        }
    }

    @Test("says that a server is unreachable, and how to mend it, without the password")
    func unreachable() async throws {
        // Port 1 of the loopback address is reserved (tcpmux) and not served.
        let database = try PostgresDatabase(url: "postgres://someone:hidden-word@127.0.0.1:1/none")
        let problem = await #expect(throws: Problem.self) { try await database.read { try $0.rows("SELECT 1 AS one") } }
        #expect(problem?.kind == .unavailable)
        #expect(problem?.code == "database.postgres.unreachable")
        #expect(problem?.why?.contains("127.0.0.1") == true)
        #expect(problem?.fix != nil)
        #expect(problem?.description.contains("hidden-word") == false)
        await database.close()
    }

    @Test("refuses a URL it cannot read, without repeating it")
    func badURL() {
        let problem = #expect(throws: Problem.self) { try PostgresDatabase(url: "postgres://someone:hidden-word@[::1/none") }
        #expect(problem?.code == "database.postgres.url")
        #expect(problem?.description.contains("hidden-word") == false)
    }

    @Test("goes on with statements that another session's change of the schema made useless")
    func staleStatements() async throws {
        try await TestDatabase.postgres.withPlace { place in
            let databases = [try place.open(), try place.open()]
            try await Migrator([ConcurrencyTests.counter]).migrate(databases[0])
            let sql = "SELECT * FROM counter WHERE id = 1"
            let before = try await databases[0].read { try $0.rows(sql) }
            #expect(before.count == 1)
            try await databases[1].write { try $0.execute("ALTER TABLE counter ADD COLUMN note TEXT DEFAULT 'new'") }
            let note: String? = try await databases[0].read { try $0.row(sql)?["note"] }
            #expect(note == "new")
            for database in databases { await database.close() }
        }
    }

    @Test("refuses NUMERIC with advice, and takes it cast")
    func numeric() async throws {
        try await TestDatabase.postgres.withDatabase([ConcurrencyTests.counter]) { database in
            let problem = await #expect(throws: Problem.self) {
                try await database.read { try $0.rows("SELECT SUM(value) AS total FROM counter") }
            }
            #expect(problem?.code == "database.column.unsupported")
            #expect(problem?.fix?.contains("CAST") == true)
            let total: Int? = try await database.read { try $0.row("SELECT CAST(SUM(value) AS BIGINT) AS total FROM counter")?["total"] }
            #expect(total == 0)
        }
    }

    @Test("waits for a synced commit, whatever the server's default, under its own name")
    func session() async throws {
        try await TestDatabase.postgres.withPlace { place in
            let url = try #require(place.url)
            let database = try PostgresDatabase(url: url + "%20-csynchronous_commit%3Doff", connections: 1)
            let settings = try await database.write { transaction in
                try ["synchronous_commit", "application_name", "transaction_isolation"].map { name in
                    let value: String = try #require(try transaction.row("SELECT current_setting(?) AS value", name))["value"]
                    return value
                }
            }
            #expect(settings == ["on", "dhow", "serializable"])
            await database.close()
        }
    }

    @Test("lets reads and writes beyond the connections wait")
    func waiting() async throws {
        try await TestDatabase.postgres.withPlace { place in
            let database = try PostgresDatabase(url: try #require(place.url), connections: 2)
            try await Migrator([ConcurrencyTests.counter]).migrate(database)
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 { group.addTask { try await ConcurrencyTests.values(in: database).count } }
                return try await group.reduce(0, +)
            }
            #expect(sum == 100)
            await database.close()
        }
    }

    private func pid(of database: any Database) async throws -> Int {
        try await database.read { try #require(try $0.row(Self.backend))["pid"] }
    }

    /// Ends a session and returns when the server has ended it.
    private func terminate(_ pid: Int) async throws {
        try await TestDatabase.postgres.withDatabase { other in
            // The second argument waits for the end, in milliseconds.
            let row = try await other.read { try $0.row("SELECT pg_terminate_backend(CAST(? AS INTEGER), 10000) AS ended", pid) }
            let ended: Bool = try #require(row)["ended"]
            #expect(ended)
        }
    }
}

private final class LastProcess: Sendable {
    let pid = Mutex(0)
    let runs = Mutex(0)
}
