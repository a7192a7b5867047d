// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Governance
import Synchronization
import TestSupport
import Testing

@Suite struct EnvironmentTests {
    private let monitor = Caller.controller("monitor", in: "main")

    @Test("freezing stops every rollout of the environment at once and refuses what would go on", arguments: TestDatabase.allCases)
    func freeze(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.declareProduction()
            let rollout = try await world.canary()
            let frozen = try await world.environments.freeze("production", because: "Black Friday.", by: world.chen)
            #expect(frozen.frozen?.contains("Black Friday.") == true)
            let held = try await world.rollouts.rollout(rollout.id, by: world.chen)
            #expect(held.state.phase == .paused && held.reason?.contains("production") == true)
            #expect(try await world.traffic() == [1: 90, 2: 10], "Traffic stays as it is.")
            let refusals = [
                try await code { _ = try await world.rollouts.resume(rollout.id, because: "r", by: world.chen) },
                try await code { _ = try await world.rollouts.promote(rollout.id, because: "Now.", by: world.chen) },
                try await code { _ = try await world.releases.create(try await world.ready(3), by: world.chen) },
            ]
            #expect(refusals == Array(repeating: "delivery.environment.frozen", count: 3))
            _ = try await world.rollouts.abort(rollout.id, because: "Not tonight.", by: world.chen)
            #expect(try await world.traffic() == [1: 100], "Traffic can always be given back.")
            let thawed = try await world.environments.thaw("production", because: "It is over.", by: world.chen)
            #expect(thawed.frozen == nil)
            _ = try await world.releases.create(try await world.ready(3), by: world.chen)
            let verbs = try await world.verbs().filter { $0.hasPrefix("environment.") || $0 == "rollout.paused" }
            #expect(verbs == ["environment.applied", "environment.frozen", "rollout.paused", "environment.thawed"])
        }
    }

    @Test("a freeze window that begins pauses what is under way, and ends by itself", arguments: TestDatabase.allCases)
    func window(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            // The test clock stands at 2023-11-14T22:13:20Z, a Tuesday.
            let night = FreezeWindow(name: "night", zone: "UTC", times: .weekly(days: [.tuesday], from: "22:30", until: "06:00"))
            try await world.declareProduction(freezes: [night])
            let rollout = try await world.canary()
            #expect(try await world.rollouts.passTime().isEmpty)
            #expect(try await world.rollouts.rollout(rollout.id, by: world.chen).state.phase == .progressing)
            world.clock.advance(by: .seconds(3600))
            #expect(try await world.rollouts.passTime().isEmpty)
            let held = try await world.rollouts.rollout(rollout.id, by: world.chen)
            #expect(held.state.phase == .paused && held.reason?.contains("'night'") == true)
            world.clock.advance(by: .seconds(8 * 3600))
            #expect(try await world.rollouts.resume(rollout.id, because: "r", by: world.chen).state.phase == .progressing)
            #expect(try await world.environments.environment("production", by: world.chen).frozen == nil)
        }
    }

    @Test("evidence that would go on in a freeze pauses; evidence of harm still gives the traffic back", arguments: TestDatabase.allCases)
    func evidence(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let night = FreezeWindow(name: "night", zone: "UTC", times: .weekly(days: [.tuesday], from: "22:30", until: "06:00"))
            try await world.declareProduction(freezes: [night])
            let rollout = try await world.canary()
            world.clock.advance(by: .seconds(3600))
            let enough = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            #expect(enough.rollout.state.phase == .paused && enough.rollout.state.percent == 10)
            let harm = try await world.rollouts.observe(rollout.id, .harmful, by: monitor)
            #expect(harm.rollout.state.phase == .rolledBack)
        }
    }

    @Test("an environment that names jurisdictions takes versions made of data from there only", arguments: TestDatabase.allCases)
    func residency(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.declareProduction(region: "eu-central", jurisdictions: ["DE", "FR"])
            let places = Mutex<[String: String?]>([:])
            let versions = VersionDirectory(
                author: { _, _, _, _ in "user:amina" }, champion: { _, _, _ in nil }, crown: { _, _, _ in },
                snapshots: { _, _, _, _ in places.withLock { $0.keys.sorted() } },
                jurisdictions: { ids, _, _ in places.withLock { known in ids.map { known[$0] ?? nil } } })
            let releases = Releases(governor: world.governor, versions: versions)
            let new = try await world.ready(1)
            for data in [[:], ["june": "DE", "july": "US"], ["june": nil]] as [[String: String?]] {
                places.withLock { $0 = data }
                let refused = await #expect(throws: Problem.self) { _ = try await releases.create(new, by: world.chen) }
                #expect(refused?.code == "delivery.environment.residency" && refused?.why?.contains("DE, FR in region eu-central") == true)
            }
            places.withLock { $0 = ["june": "DE", "july": "FR"] }
            _ = try await releases.create(new, by: world.chen)
            #expect(try await world.traffic() == [1: 100])
        }
    }

    @Test("an environment asks for the people it names, an endpoint for its model", arguments: TestDatabase.allCases)
    func consent(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.declareProduction(approval: ReleaseConsent(approvers: ["dora"]))
            let byBruno = try await world.ready(1)
            #expect(try await code { _ = try await world.releases.create(byBruno, by: world.chen) } == "delivery.environment.consent")
            let report = try await world.report(1)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            let approved = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: World.caller("dora", .admin))
            _ = try await world.releases.create(
                NewRelease(subject: world.subject(1), gateReport: report.id, approval: approved.id), by: world.chen)
            try await world.declareProduction(model: "other")
            let other = try await world.ready(2)
            #expect(try await code { _ = try await world.releases.create(other, by: world.chen) } == "delivery.endpoint.other-model")
        }
    }

    @Test("a release without a plan takes its endpoint's, then its environment's", arguments: TestDatabase.allCases)
    func plans(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.declareProduction(rollout: RolloutPlan(percents: [5, 100], alpha: 0.01))
            _ = try await world.releases.create(try await world.ready(1), by: world.chen)
            var new = try await world.ready(2)
            new.plan = nil
            new.adjust = { $0.minimumLabelled = 7 }
            let release = try await world.releases.create(new, by: world.chen)
            let plan = try await world.rollouts.rollout(release.rollout, by: world.chen).state.plan
            #expect(plan.percents == [5, 100] && plan.alpha == 0.01 && plan.minimumLabelled == 7)
        }
    }

    @Test(
        "an environment with endpoints, or frozen, is not deleted; nor does an endpoint leave a frozen one",
        arguments: TestDatabase.allCases)
    func deletion(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.declareProduction()
            func delete() async throws -> String? {
                try await code {
                    _ = try await world.governor.change(.gateWrite, by: world.chen) { change -> Bool in
                        try Environments.delete("production", in: change)
                        return true
                    }
                }
            }
            func deleteEndpoint() async throws -> String? {
                try await code {
                    _ = try await world.governor.change(.gateWrite, by: world.chen) { change -> Bool in
                        try Environments.deleteEndpoint(World.endpoint, in: change)
                        return true
                    }
                }
            }
            #expect(try await delete() == "delivery.environment.in-use")
            _ = try await world.environments.freeze("production", because: "r", by: world.chen)
            #expect(try await deleteEndpoint() == "delivery.environment.frozen")
            _ = try await world.environments.thaw("production", because: "r", by: world.chen)
            #expect(try await deleteEndpoint() == nil)
            _ = try await world.environments.freeze("production", because: "r", by: world.chen)
            #expect(try await delete() == "delivery.environment.frozen")
            _ = try await world.environments.thaw("production", because: "r", by: world.chen)
            #expect(try await delete() == nil)
            #expect(
                try await code { _ = try await world.environments.environment("production", by: world.chen) }
                    == "delivery.environment.unknown")
        }
    }
}

extension World {
    var environments: Environments { Environments(governor: governor, versions: Self.versions) }

    /// The environment `production`, with the endpoint in it.
    func declareProduction(
        region: String? = nil, jurisdictions: [String]? = nil, approval: ReleaseConsent? = nil, freezes: [FreezeWindow] = [],
        rollout: RolloutPlan? = nil, model: String? = nil
    ) async throws {
        _ = try await governor.change(.gateWrite, by: chen) { change -> Bool in
            try Environments.apply(
                EnvironmentSpecification(
                    name: "production", region: region, jurisdictions: jurisdictions, approval: approval, freezes: freezes, rollout: rollout
                ),
                in: change)
            try Environments.apply(EndpointSpecification(name: World.endpoint, environment: "production", model: model), in: change)
            return true
        }
    }
}
