// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct RollingTests {
    private static func approval(_ endpoint: String, _ report: GateReport, _ world: World) async throws -> RollingRelease.Target {
        let subject = ReleaseSubject(endpoint: endpoint, model: World.model, version: report.findings.version)
        let asked = try await world.approvals.request(for: subject, gateReport: report.id, by: world.amina)
        let approved = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: world.bruno)
        return RollingRelease.Target(endpoint: endpoint, approval: approved.id)
    }

    /// Version 1 answers on three endpoints; version 2 rolls, first to one of them, then to two.
    private func rolling(_ world: World) async throws -> RollingRelease {
        let first = try await world.report(1)
        for endpoint in ["asia", "eu", "us"] {
            let target = try await Self.approval(endpoint, first, world)
            _ = try await world.releases.create(
                NewRelease(
                    subject: ReleaseSubject(endpoint: endpoint, model: World.model, version: 1), gateReport: first.id,
                    approval: target.approval), by: world.chen)
        }
        let report = try await world.report(2)
        let waves = [
            [try await Self.approval("eu", report, world)],
            [try await Self.approval("us", report, world), try await Self.approval("asia", report, world)],
        ]
        return try await world.rolling.start(
            World.model, version: 2, gateReport: report.id, waves: waves, plan: RolloutPlan(minimumLabelled: 100), bakeSeconds: 600,
            by: world.chen)
    }

    private func phases(_ world: World) async throws -> [String: String] {
        var phases: [String: String] = [:]
        for endpoint in ["asia", "eu", "us"] {
            let last = try await world.rollouts.rollouts(endpoint: endpoint, limit: 1, by: world.chen).first
            phases[endpoint] = "\(last?.candidate ?? 0) \(last?.state.phase.rawValue ?? "")"
        }
        return phases
    }

    @Test("a wave begins when the one before is promoted and has stood", arguments: TestDatabase.allCases)
    func waves(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rolling = try await rolling(world)
            try await world.rolling.advance()
            try await world.rolling.advance()
            #expect(try await phases(world) == ["eu": "2 progressing", "us": "1 promoted", "asia": "1 promoted"])
            let eu = try #require(try await world.rollouts.rollouts(endpoint: "eu", limit: 1, by: world.chen).first)
            _ = try await world.rollouts.promote(eu.id, because: "Good.", by: world.chen)
            try await world.rolling.advance()
            world.clock.advance(by: .seconds(599))
            try await world.rolling.advance()
            #expect(try await phases(world)["us"] == "1 promoted")
            world.clock.advance(by: .seconds(1))
            try await world.rolling.advance()
            #expect(try await phases(world) == ["eu": "2 promoted", "us": "2 progressing", "asia": "2 progressing"])
            for endpoint in ["us", "asia"] {
                let last = try #require(try await world.rollouts.rollouts(endpoint: endpoint, limit: 1, by: world.chen).first)
                _ = try await world.rollouts.promote(last.id, because: "Good.", by: world.chen)
            }
            try await world.rolling.advance()
            world.clock.advance(by: .seconds(600))
            try await world.rolling.advance()
            #expect(try await world.rolling.rollingRelease(rolling.id, by: world.chen).state == .completed)
        }
    }

    @Test(
        "a rollout that is given up stops the waves, an approval that does not hold too", arguments: TestDatabase.allCases, [true, false])
    func stops(engine: TestDatabase, rollsBack: Bool) async throws {
        try await World.run(on: engine) { world in
            let rolling = try await rolling(world)
            if rollsBack {
                try await world.rolling.advance()
                let eu = try #require(try await world.rollouts.rollouts(endpoint: "eu", limit: 1, by: world.chen).first)
                _ = try await world.rollouts.abort(eu.id, because: "Bad.", by: world.chen)
            } else {
                _ = try await world.approvals.withdraw(rolling.waves[0][0].approval, by: world.amina)
            }
            try await world.rolling.advance()
            let stopped = try await world.rolling.rollingRelease(rolling.id, by: world.chen)
            #expect(stopped.state == .stopped && stopped.reason?.contains(rollsBack ? "'eu'" : "withdrawn") == true)
            #expect(try await phases(world)["us"] == "1 promoted")
        }
    }

    @Test("a wave waits while one of its endpoints is frozen, and a person stops it", arguments: TestDatabase.allCases)
    func frozen(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.governor.change(.gateWrite, by: world.chen) { change -> Bool in
                try Environments.apply(EnvironmentSpecification(name: "production"), in: change)
                try Environments.apply(EndpointSpecification(name: "eu", environment: "production"), in: change)
                return true
            }
            let rolling = try await rolling(world)
            _ = try await world.environments.freeze("production", because: "r", by: world.chen)
            let before = try await world.verbs().count
            try await world.rolling.advance()
            #expect(try await world.verbs().count == before)
            #expect(try await world.rolling.rollingRelease(rolling.id, by: world.chen).begun == 0)
            _ = try await world.rolling.stop(rolling.id, because: "Not this week.", by: world.chen)
            _ = try await world.environments.thaw("production", because: "r", by: world.chen)
            try await world.rolling.advance()
            #expect(try await phases(world)["eu"] == "1 promoted")
        }
    }
}

extension World {
    var rolling: RollingReleases { RollingReleases(governor: governor, versions: Self.versions) }
}
