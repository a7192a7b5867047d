// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing

@Suite("Changes")
struct GovernorTests {
    @Test("a change and its ledger entry commit together or not at all", arguments: TestDatabase.allCases)
    func atomicity(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            struct Failure: Error {}
            await #expect(throws: Failure.self) {
                try await world.governor.change(.registryWrite, by: World.administrator) { change -> Nothing in
                    try PrincipalTable(transaction: change.transaction).insert(Principal(name: "ghost", kind: .user), at: change.time)
                    try change.record("token.created", on: "token/ghost")
                    throw Failure()
                }
            }
            let ghost = try await world.governor.database.read { try PrincipalTable(transaction: $0).find("ghost") }
            let verbs = try await world.verbs()
            #expect(ghost == nil)
            #expect(verbs.isEmpty)
        }
    }

    @Test("a refusal is recorded, names the permission and says who could grant it", arguments: TestDatabase.allCases)
    func refusal(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let caller = try await world.caller(try await world.person("amina", .viewer))
            let problem = await #expect(throws: Problem.self) {
                try await world.governor.change(.registryWrite, by: caller) { _ in Nothing() }
            }
            #expect(problem?.kind == .forbidden)
            #expect(problem?.what.contains("registry.write") == true)
            let rows = try await world.governor.database.read {
                try $0.rows("SELECT verb, outcome, actor FROM ledger_entry ORDER BY id DESC LIMIT 1")
            }
            let last = try #require(rows.first)
            let (verb, outcome, actor): (String, String, String) = (try last["verb"], try last["outcome"], try last["actor"])
            #expect((verb, outcome, actor) == ("request.refused", "denied", "user:amina"))
        }
    }

    @Test("a change never rests on a cached permission", arguments: TestDatabase.allCases)
    func freshness(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let caller = try await world.caller(try await world.person("amina", .editor))
            _ = try await world.governor.change(.registryWrite, by: caller) { _ in Nothing() }
            _ = try await world.identity.unbind(Binding(principal: "amina", workspace: "default", role: .editor), by: World.administrator)
            await #expect(throws: Problem.self) {
                try await world.governor.change(.registryWrite, by: caller) { _ in Nothing() }
            }
        }
    }

    @Test("a repeated idempotency key runs nothing and gives the first result", arguments: TestDatabase.allCases)
    func idempotency(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            var caller = World.administrator
            caller.idempotency = IdempotencyKey(key: "k", requestDigest: "a")
            let keyed = caller
            let results = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await world.governor.change(.registryWrite, by: keyed) { change in
                            try change.record("model.created", on: "model/m")
                            return change.newIdentifier()
                        }
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(results.count == 1)
            let verbs = try await world.verbs()
            #expect(verbs == ["model.created"])
            var other = keyed
            other.idempotency = IdempotencyKey(key: "k", requestDigest: "b")
            let reused = other
            let problem = await #expect(throws: Problem.self) {
                try await world.governor.change(.registryWrite, by: reused) { change in change.newIdentifier() }
            }
            #expect(problem?.code == "request.idempotency-key.reused")
        }
    }

    @Test("idempotency keys are forgotten after a day", arguments: TestDatabase.allCases)
    func forgetting(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            var caller = World.administrator
            caller.idempotency = IdempotencyKey(key: "k", requestDigest: "a")
            let keyed = caller
            let first = try await world.governor.change(.registryWrite, by: keyed) { $0.newIdentifier() }
            world.clock.move(by: .seconds(24 * 3600 + 1))
            try await world.governor.forgetOldIdempotencyKeys()
            let second = try await world.governor.change(.registryWrite, by: keyed) { $0.newIdentifier() }
            #expect(first != second)
        }
    }
}
