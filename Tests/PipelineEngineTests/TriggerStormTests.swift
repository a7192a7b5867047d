// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Pipelines
import Synchronization
import TestSupport
import Testing

@Suite("A storm of events", .timeLimit(.minutes(5)))
struct TriggerStormTests {
    private static let events = 3_000

    /// A real database that counts how often it is written to.
    private final class CountedDatabase: Database {
        private let database: any Database
        private let count = Mutex(0)

        init(_ database: any Database) {
            self.database = database
        }

        var writes: Int { count.withLock { $0 } }
        var engine: DatabaseEngine { database.engine }

        func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
            try await database.read(body)
        }

        func write<Result: Sendable>(
            locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
        ) async throws -> Result {
            count.withLock { $0 += 1 }
            return try await database.write(locking: lock, body)
        }

        func close() async { await database.close() }
    }

    @Test(
        "starts no more than the budget, and hardly keeps those waiting who write beside it", arguments: TestDatabase.allCases)
    func storm(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            _ = try await world.catalogue.apply(
                pipeline(#"- {name: step, command: ["true"]}"#, named: "retrain"), sources: [:], codeCommit: nil, by: world.caller)
            _ = try await world.triggers.apply(
                TriggerSpecification(
                    name: "storm", pipeline: "retrain", source: .event(LedgerSource(verb: "performance.breached")), budgetPerWeek: 3),
                by: world.caller)
            _ = try await world.governor.change(.monitorWrite, by: world.caller) { change in
                for number in 0..<Self.events { try change.record("performance.breached", on: "monitor/m\(number)") }
                return Nothing()
            }
            _ = try await LedgerSequencer(database: world.governor.database).sequence()

            let database = CountedDatabase(world.governor.database)
            let governor = Governor(database: database, clock: world.clock, identifiers: IdentifierSource(clock: world.clock))
            try await TriggerListener(governor: governor) { _, _ in nil }.pass()

            // Each event has its answer; a transaction deals with at most fifty, and the ledger tells of the storm once.
            let (answered, started) = try await world.governor.database.read { transaction in
                let row = try transaction.row(
                    "SELECT COUNT(*) AS answered, COUNT(execution) AS started FROM trigger_firing WHERE name = 'storm' AND state = 'done'")
                return (try row?["answered"] ?? 0 as Int, try row?["started"] ?? 0 as Int)
            }
            #expect(answered == Self.events && started == 3)
            #expect(try await world.executions.list(pipeline: nil, before: nil, limit: 100, by: world.caller).count == 3)
            #expect(database.writes <= 2 * Self.events / 50, "\(database.writes)")
            let verbs = try await world.verbs()
            #expect(verbs.count { $0 == "trigger.fired" } == 3 && verbs.count { $0 == "trigger.blocked" } == 1)
            let last = try await world.triggers.firings(of: "storm", limit: 1, by: world.caller)
            #expect(last.first?.reason == .budget)

            // When the week is over it works again, and the next refusal is told again.
            world.clock.advance(.seconds(8 * 86_400))
            for number in 0..<4 {
                _ = try await world.governor.change(.monitorWrite, by: world.caller) {
                    try $0.record("performance.breached", on: "monitor/after\(number)")
                }
            }
            _ = try await LedgerSequencer(database: world.governor.database).sequence()
            try await TriggerListener(governor: governor) { _, _ in nil }.pass()
            let later = try await world.verbs()
            #expect(later.count { $0 == "trigger.fired" } == 6 && later.count { $0 == "trigger.blocked" } == 2)
        }
    }
}
