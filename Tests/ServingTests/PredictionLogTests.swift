// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization
import TestSupport
import Testing

@testable import Serving

@Suite("The prediction log")
struct PredictionLogTests {
    private func request(_ id: String, rows: Int, inputs: [Tensor]? = nil) -> AnsweredRequest {
        let inputs = inputs ?? [Tensor(name: "x", shape: [rows], values: .float32((0..<rows).map { Float($0) }))]
        return AnsweredRequest(
            workspace: "default", endpoint: "tumours", id: id, time: Timestamp(milliseconds: 5), logged: Timestamp(milliseconds: 6),
            inputs: inputs, revisions: Array(repeating: 4, count: rows), candidate: 4, candidatePercent: 10,
            scores: (0..<rows).map { $0 == 1 ? .nan : 0.25 })
    }

    @Test("every column comes back, for each datatype, missing numbers and texts that JSON must escape", arguments: TestDatabase.allCases)
    func columns(_ engine: TestDatabase) async throws {
        try await engine.withDatabase([ServingMigrations.list, RevisionLoadMigrations.list]) { database in
            let log = PredictionLog(database: database)
            let text = "a \"quoted\" \\ line\nwith \u{0} and é 🛫"
            let inputs = [
                Tensor(name: "f", shape: [2, 1], values: .float32([0.1, .nan])),
                Tensor(name: "d", shape: [2], values: .float64([1e300, -0.5])),
                Tensor(name: "i", shape: [2], values: .int64([.max, .min])), Tensor(name: "b", shape: [2], values: .bool([true, false])),
                Tensor(name: "s \"q\"", shape: [2], values: .string([text, ""])),
                Tensor(name: "m", shape: [2, 2], values: .int32([1, 2, 3, 4])),
            ]
            log.offer(request("A", rows: 2, inputs: inputs))
            #expect(await log.flush())
            let found = try await database.read { transaction in
                let table = PredictionTable(transaction: transaction)
                return try ["A.0", "A.1"].compactMap { try table.find($0, in: "default") }
            }
            try #require(found.count == 2)
            #expect(found[0].inputs["f"] == .number(0.1))
            #expect(found[1].inputs["f"] == .null)
            #expect(found[0].inputs["d"]?.double == 1e300)
            #expect(found.map { $0.inputs["i"] } == [.integer(.max), .integer(.min)])
            #expect(found.map { $0.inputs["b"] } == [.bool(true), .bool(false)])
            #expect(found[0].inputs["s \"q\""] == .string(text))
            #expect(found[1].inputs["m"] == .array([.integer(3), .integer(4)]))
            #expect(found.map(\.score) == [0.25, nil])
            #expect(found[0].endpoint == "tumours" && found[0].revision == 4 && found[0].candidate == 4)
            #expect(found[0].candidatePercent == 10 && found[0].time.milliseconds == 5 && found[0].logged.milliseconds == 6)
        }
    }

    @Test("many rows are written once each, whatever their number", arguments: TestDatabase.allCases)
    func many(_ engine: TestDatabase) async throws {
        try await engine.withDatabase([ServingMigrations.list, RevisionLoadMigrations.list]) { database in
            let log = PredictionLog(database: database)
            var total = 0
            for rows in [1, 9, 10, 11, 49, 199, 200, 201, 2_500] {
                log.offer(request("R\(rows)", rows: rows))
                total += rows
            }
            await log.flush()
            #expect(log.counts == .init(offered: total, written: total, dropped: 0, waiting: 0))
            let count: Int? = try await database.read { try $0.row("SELECT COUNT(*) AS n FROM prediction")?["n"] }
            #expect(count == total)
        }
    }

    @Test("beyond its bound it drops and counts, without waiting")
    func bound() async throws {
        try await TestDatabase.sqlite.withDatabase([ServingMigrations.list, RevisionLoadMigrations.list]) { database in
            let seen = Mutex(0)
            let log = PredictionLog(database: database, observe: { counts in seen.withLock { $0 = counts.dropped } })
            for index in 0..<12 { log.offer(request("B\(index)", rows: 9_000)) }
            #expect(log.counts == .init(offered: 108_000, written: 0, dropped: 9_000, waiting: 99_000))
            #expect(seen.withLock { $0 } == 9_000)
        }
    }

    @Test("writes what waits when it is stopped, then refuses more")
    func stopping() async throws {
        try await TestDatabase.sqlite.withDatabase([ServingMigrations.list, RevisionLoadMigrations.list]) { database in
            let log = PredictionLog(database: database)
            log.offer(request("S", rows: 3))
            log.stop()
            await log.run()
            #expect(log.counts == .init(offered: 3, written: 3, dropped: 0, waiting: 0))
            log.offer(request("T", rows: 2))
            #expect(log.counts == .init(offered: 5, written: 3, dropped: 2, waiting: 0))
        }
    }

    @Test("keeps rows that an unavailable database did not take")
    func unavailable() async throws {
        try await TestDatabase.sqlite.withDatabase([ServingMigrations.list, RevisionLoadMigrations.list]) { database in
            let flaky = FlakyDatabase(database)
            let log = PredictionLog(database: flaky)
            log.offer(request("U", rows: 3))
            #expect(await log.flush() == false)
            #expect(log.counts.waiting == 3)
            flaky.isAway.store(false, ordering: .releasing)
            #expect(await log.flush())
            #expect(log.counts == .init(offered: 3, written: 3, dropped: 0, waiting: 0))
        }
    }
}

private final class FlakyDatabase: Database {
    let isAway = Atomic<Bool>(true)
    private let database: any Database

    init(_ database: any Database) { self.database = database }

    var engine: DatabaseEngine { database.engine }

    func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await database.read(body)
    }

    func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        if isAway.load(ordering: .acquiring) { throw Problem(.unavailable, "test.database.away", "The database is away.") }
        return try await database.write(locking: lock, body)
    }

    func close() async {}
}
