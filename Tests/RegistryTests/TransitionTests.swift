// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@testable import Registry

@Suite struct TransitionTests {
    private static let allowed: Set<String> = [
        "none>staging", "none>production", "none>archived", "staging>production", "staging>none", "staging>archived",
        "production>staging", "production>none", "production>archived", "archived>none",
    ]

    @Test("allows these transitions and no others", arguments: VersionEnvironment.allCases, VersionEnvironment.allCases)
    func machine(from: VersionEnvironment, to: VersionEnvironment) throws {
        let isAllowed = Self.allowed.contains("\(from.rawValue)>\(to.rawValue)")
        if isAllowed {
            try from.check(to: to, of: "model/churn/1")
        } else {
            #expect(throws: Problem.self) { try from.check(to: to, of: "model/churn/1") }
        }
        var place = from
        for step in from.path(to: to) {
            try place.check(to: step, of: "model/churn/1")
            place = step
        }
        #expect(place == to)
        #expect(VersionEnvironment(from.databaseValue) == from)
    }

    @Test("keeps who moved what, when and why, and says what stood where at any time", arguments: TestDatabase.allCases)
    func history(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let registry = world.registry
            for _ in 0..<2 { _ = try await registry.registerVersion(of: "churn", NewVersion(), by: world.caller) }
            func move(_ number: Int64, _ environment: VersionEnvironment, _ reason: String, replacing: Bool = false) async throws {
                _ = try await registry.transition(
                    "churn", number, to: environment, because: reason, replacing: replacing, by: world.caller)
            }
            let before = world.governor.clock.now() - .milliseconds(1)
            try await move(1, .staging, "tried")
            try await move(1, .production, "good")
            let first = try await registry.transitions(of: "churn", by: world.caller).items[0].time
            // Later than the first two by the clock, so that the time between can be asked for.
            while world.governor.clock.now() <= first { await Task.yield() }
            try await move(2, .production, "better", replacing: true)

            let (items, next) = try await registry.transitions(of: "churn", limit: 3, by: world.caller)
            #expect(
                items.map { "\($0.number) \($0.from) \($0.to)" } == ["2 none production", "1 production archived", "1 staging production"])
            #expect(items[0].reason == "better" && items[0].author == world.caller.principal.qualifiedName)
            let rest = try await registry.transitions(of: "churn", before: next, limit: 3, by: world.caller)
            #expect(rest.items.map(\.reason) == ["tried"] && rest.next == nil)
            #expect(try await registry.transitions(of: "churn", 2, by: world.caller).items.count == 1)

            func standing(_ time: Timestamp) async throws -> [String] {
                try await registry.standing(of: "churn", at: time, by: world.caller).map { "\($0.number) \($0.to)" }
            }
            #expect(try await standing(before).isEmpty)
            #expect(try await standing(first) == ["1 production"])
            #expect(try await standing(items[0].time) == ["1 archived", "2 production"])

            await #expect(throws: Problem.self) { try await move(1, .production, "again") }
            await #expect(throws: Problem.self) { try await move(2, .production, "again") }
            await #expect(throws: Problem.self) { try await move(1, .none, "") }
            _ = try await registry.transition("churn", 1, to: .production, because: "back", takingUp: true, by: world.caller)
            #expect(try await registry.transitions(of: "churn", 1, limit: 2, by: world.caller).items.map(\.to) == [.production, .none])

            _ = try await registry.rename("churn", to: "leavers", by: world.caller)
            try await registry.deleteVersion("leavers", 1, by: world.caller)
            let left = try await registry.transitions(of: "leavers", 1, by: world.caller).items
            #expect(left.count == 6 && left[0].to == .none)
            #expect(try await world.verbs().filter { $0 == "version.transitioned" }.count == 7)
        }
    }

    @Test("keeps where a version came from as it was registered", arguments: TestDatabase.allCases)
    func provenance(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let lock = "sha256:" + String(repeating: "ab", count: 32)
            let new = NewVersion(
                runID: "r1", snapshots: ["s1", "s2"], codeCommit: "4f0c", environmentLock: lock, featureService: "churn-features")
            let made = try await world.registry.registerVersion(of: "churn", new, by: world.caller)
            let version = try await world.registry.version("churn", .number(1), by: world.caller)
            #expect(version == made)
            #expect((version.codeCommit, version.environmentLock, version.featureService) == ("4f0c", lock, "churn-features"))
            let users = try await world.governor.database.read { transaction in
                let edges = LineageEdgeTable(transaction: transaction, workspace: "default")
                return (
                    try edges.users(.version, of: .snapshot, "s2", limit: 10), try edges.users(.version, of: .run, "r1", limit: 10)
                )
            }
            #expect(users == ([version.id], [version.id]))
            try await world.registry.deleteVersion("churn", 1, by: world.caller)
            let after = try await world.governor.database.read {
                try LineageEdgeTable(transaction: $0, workspace: "default").users(.version, of: .run, "r1", limit: 10)
            }
            #expect(after.isEmpty)
            await #expect(throws: Problem.self) {
                try await world.registry.registerVersion(of: "churn", NewVersion(featureService: "a b"), by: world.caller)
            }
        }
    }
}
