// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Foundation
import Governance
import TestSupport
import Testing

@Suite struct EnvironmentKindTests {
    private static let production = """
        apiVersion: dhow/v1
        kind: Environment
        metadata: {name: production}
        spec:
          region: eu-central
          approval: {roles: [approver], count: 2}
          freezes:
            - {name: weekend, zone: Europe/Berlin, days: [saturday, sunday], from: "00:00", until: "00:00"}
            - {name: holidays, from: "2026-12-20T18:00", until: "2027-01-02T08:00"}
          rollout:
            strategy: shadow
            bakeSeconds: 600
            stepApprovals: [{beforePercent: 100, approvers: [amina]}]
            segments: {input: carrier, values: [AA, UA]}
            guards: [{name: errors, source: prometheus, url: "https://prometheus.example", query: up, atMost: 0.5}]
        """

    private static func endpoint(_ more: String = "") -> String {
        """
        apiVersion: dhow/v1
        kind: Endpoint
        metadata: {name: flights}
        spec: {environment: production, model: flights\(more)}
        """
    }

    @Test("an environment and its endpoint are declared together, changed and deleted", arguments: TestDatabase.allCases)
    func life(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let environments = Environments(governor: world.governor, versions: .registry)
            let both = Self.endpoint() + "\n---\n" + Self.production
            #expect(try await world.apply(world.sent(both)).lines == ["create Environment production", "create Endpoint flights"])
            let overview = try await environments.environment("production", by: world.amina)
            #expect(overview.endpoints == ["flights"] && overview.environment.specification.freezes.count == 2)
            #expect(overview.environment.specification.rollout?.percents == [0, 10, 50, 100])
            #expect(try await world.apply(world.sent(both)).lines == ["no-change Environment production", "no-change Endpoint flights"])
            let owned = Self.endpoint(", owner: flights-team") + "\n---\n" + Self.production
            #expect(try await world.apply(world.sent(owned)).lines == ["no-change Environment production", "update Endpoint flights"])
            _ = try await environments.freeze("production", because: "r", by: world.amina)
            #expect(try await world.apply(world.sent(owned)).lines == ["no-change Environment production", "no-change Endpoint flights"])
            _ = try await environments.thaw("production", because: "r", by: world.amina)
            let lines = try await world.apply(world.sent(Written.monitor("m"), prunes: true)).lines
            #expect(lines.contains("delete Endpoint flights") && lines.contains("delete Environment production"))
            #expect(try await environments.environments(by: world.amina).isEmpty)
        }
    }

    @Test("who trains sets no rules; what cannot hold is refused", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = world.sent(Self.production)
            await #expect(throws: Problem.self) { try await world.declarations.apply(document, by: world.editor) }
            for (wrong, right) in [
                ("zone: Europe/Nowhere", "zone: Europe/Berlin"), ("count: 2, cuont: 1", "count: 2"),
                ("until: \"2026-01-02T08:00\"", "until: \"2027-01-02T08:00\""),
                ("input: carrier, values: [AA, AA]", "input: carrier, values: [AA, UA]"), ("beforePercent: 30", "beforePercent: 100"),
                ("source: webhook", "source: prometheus"), ("strategy: blue-green\n    percents: [10, 100]", "strategy: shadow"),
            ] {
                let plan = try await world.plan(world.sent(Self.production.replacingOccurrences(of: right, with: wrong)))
                #expect(!plan.faults.isEmpty, "\(wrong)")
            }
            let lost = try await world.plan(world.sent(Self.endpoint()))
            #expect(!lost.faults.isEmpty, "There is no such environment.")
        }
    }
}
