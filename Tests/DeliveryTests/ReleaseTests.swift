// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct ReleaseTests {
    @Test("the first release of an endpoint takes all traffic and becomes champion", arguments: TestDatabase.allCases)
    func first(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let release = try await world.releases.create(try await world.ready(1), by: world.chen)
            #expect(release.state == .completed)
            #expect(release.revision == 1)
            #expect(try await world.traffic() == [1: 100])
            #expect(try await world.champion() == 1)
            #expect(try await world.releases.release(release.id, by: world.chen) == release)
            #expect(
                Array(try await world.verbs().suffix(3)) == ["release.started", "rollout.promoted", "release.completed"])
        }
    }

    @Test("a further release begins with its first step beside the stable revision", arguments: TestDatabase.allCases)
    func canary(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            #expect(rollout.candidate == 2)
            #expect(rollout.stable == 1)
            #expect(rollout.state.phase == .progressing)
            #expect(try await world.traffic() == [1: 90, 2: 10])
            #expect(try await world.champion() == 1)
            let revisions = try await world.releases.revisions(World.endpoint, by: world.chen)
            #expect(revisions.map(\.number) == [2, 1])
            #expect(revisions.map(\.version) == [2, 1])
            #expect(revisions.allSatisfy { $0.retired == nil })
        }
    }

    @Test("releases nothing without a passed report and an approval of exactly this", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            func attempt(_ new: NewRelease, by caller: Caller? = nil) async throws -> String? {
                try await code { _ = try await world.releases.create(new, by: caller ?? world.chen) }
            }
            let ready = try await world.ready(1)
            var other = ready
            other.subject.version = 2
            #expect(try await attempt(other) == "delivery.gate-report.other-version")
            other = ready
            other.subject.endpoint = "back"
            #expect(try await attempt(other) == "delivery.approval.other-subject")
            other = ready
            other.gateReport = "none"
            #expect(try await attempt(other) == "delivery.gate-report.unknown")
            other = ready
            other.approval = "none"
            #expect(try await attempt(other) == "delivery.approval.unknown")
            other = ready
            other.plan?.percents = [10, 50]
            #expect(try await attempt(other) == "delivery.rollout.plan")
            other = ready
            other.supersededRollout = "none"
            #expect(try await attempt(other) == "delivery.release.nothing-to-supersede")
            #expect(try await attempt(ready, by: world.amina) == "access.permission.missing")
            other = ready
            other.approval = try await world.approvals.request(for: world.subject(1), gateReport: ready.gateReport, by: world.amina).id
            #expect(try await attempt(other) == "delivery.approval.not-approved")
            _ = try await world.approvals.decide(other.approval, .reject, comment: "No.", by: world.bruno)
            #expect(try await attempt(other) == "delivery.approval.not-approved")
            #expect(try await world.releases.releases(by: world.chen).isEmpty)
            world.clock.advance(by: Approvals.standardLifetime)
            #expect(try await attempt(ready) == "delivery.approval.expired")
        }
    }

    @Test("an approval carries one release, and a serving version is not released again", arguments: TestDatabase.allCases)
    func reuse(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let ready = try await world.ready(1)
            _ = try await world.releases.create(ready, by: world.chen)
            #expect(try await code { _ = try await world.releases.create(ready, by: world.chen) } == "delivery.approval.used")
            let again = try await world.ready(1)
            #expect(try await code { _ = try await world.releases.create(again, by: world.chen) } == "delivery.release.already-serving")
        }
    }

    @Test("a comparison with a version that is no longer champion releases nothing", arguments: TestDatabase.allCases)
    func oldChampion(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let gate = GateSpecification(
                name: "better", checks: [GateCheck(name: "better", rule: .champion(ChampionRule(metric: .brier, minimumRows: 2)))])
            let report = try await world.gates.evaluate(
                gate, GateEvidence(), of: World.model, version: 2, heldOutSnapshots: [], by: world.amina)
            #expect(report.outcome == .passed)
            let approval = try await world.approval(2, report)
            _ = try await world.releases.create(try await world.ready(1), by: world.chen)
            let new = NewRelease(subject: world.subject(2), gateReport: report.id, approval: approval.id)
            #expect(try await code { _ = try await world.releases.create(new, by: world.chen) } == "delivery.gate-report.other-champion")
            let labels = (0..<200).map { $0.isMultiple(of: 3) }
            let scores = try PairedScores(
                labels: labels, candidate: labels.map { $0 ? 0.8 : 0.2 },
                champion: labels.indices.map { labels[$0] ? 0.6 - Double($0 % 7) / 50 : 0.4 })
            let second = try await world.gates.evaluate(
                gate, GateEvidence(scores: scores, scoredChampion: 1), of: World.model, version: 2, heldOutSnapshots: ["june"],
                by: world.amina)
            #expect(second.outcome == .passed)
            #expect(second.findings.champion == 1)
            #expect(second.findings.scoresDigest == scores.digest)
            #expect(try await world.gates.reports(of: World.model, version: 2, by: world.amina).map(\.id) == [second.id, report.id])
        }
    }

    @Test("an endpoint has one unfinished rollout; a newer release ends it only by name", arguments: TestDatabase.allCases)
    func supersede(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            var third = try await world.ready(3)
            #expect(try await code { _ = try await world.releases.create(third, by: world.chen) } == "delivery.release.rollout-active")
            #expect(try await world.traffic() == [1: 90, 2: 10])
            third.supersededRollout = rollout.id
            let release = try await world.releases.create(third, by: world.chen)
            #expect(try await world.traffic() == [1: 90, 3: 10])
            #expect(try await world.rollouts.rollout(rollout.id, by: world.chen).state.phase == .superseded)
            #expect(try await world.releases.release(rollout.release, by: world.chen).state == .failed)
            #expect(try await world.rollouts.active().map(\.rollout.id) == [release.rollout])
        }
    }

    @Test("of two releases at once one begins", arguments: TestDatabase.allCases)
    func concurrent(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.releases.create(try await world.ready(1), by: world.chen)
            let second = try await world.ready(2)
            let third = try await world.ready(3)
            async let one = code { _ = try await world.releases.create(second, by: world.chen) }
            async let other = code { _ = try await world.releases.create(third, by: world.chen) }
            let codes = try await [one, other]
            #expect(codes.count { $0 == nil } == 1)
            #expect(codes.count { $0 == "delivery.release.rollout-active" } == 1)
            #expect(try await world.releases.revisions(World.endpoint, by: world.chen).map(\.number) == [2, 1])
        }
    }

    @Test("a plan of one step takes all traffic at once and can be rolled back", arguments: TestDatabase.allCases)
    func immediate(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(percents: [100]))
            #expect(rollout.state.phase == .promoted)
            #expect(try await world.traffic() == [2: 100])
            _ = try await world.rollouts.rollBack(rollout.id, because: "Wrong answers.", by: world.chen)
            #expect(try await world.traffic() == [1: 100])
        }
    }
}
