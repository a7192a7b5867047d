// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import Monitoring
import Pipelines
import Registry
import TestSupport
import Testing

@Suite("Who declares what", .timeLimit(.minutes(5)))
struct OwnershipTests {
    @Test("pruning deletes what the source no longer declares, and nothing else", arguments: TestDatabase.allCases)
    func prune(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.apply(world.sent(Written.monitor("mine"), Written.pipeline("p"), Written.trigger("t", pipeline: "p")))
            try await world.apply(world.sent(Written.monitor("theirs"), source: "other"))
            _ = try await world.monitors.apply(
                MonitorSpecification(name: "by-hand", endpoint: "flights", features: []), by: world.amina)
            let rest = world.sent(Written.monitor("kept"))
            #expect(try await world.apply(rest).lines == ["create Monitor kept"])

            let pruned = world.sent(Written.monitor("kept"), prunes: true)
            let plan = try await world.plan(pruned)
            // What refers to others goes first.
            #expect(plan.lines == ["no-change Monitor kept", "delete Trigger t", "delete Monitor mine", "delete Pipeline p"])
            #expect(try await world.apply(pruned) == plan)
            #expect(try await world.monitors.monitors(by: world.amina).map(\.name) == ["by-hand", "kept", "theirs"])
            #expect(try await world.triggers.list(by: world.amina) == [])
            await #expect(throws: Problem.self) { try await world.catalogue.get("p", by: world.amina) }
            #expect(try await world.declared("git").map(\.name) == ["kept"])
            let verbs = try await world.verbs()
            #expect(verbs.filter { $0 == "document.deleted" }.count == 3)
            #expect(Set(verbs).isSuperset(of: ["trigger.deleted", "monitor.deleted", "pipeline.deleted"]))
        }
    }

    @Test("nothing is pruned while a document cannot be read", arguments: TestDatabase.allCases)
    func faultyPrune(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.apply(world.sent(Written.monitor("a"), Written.monitor("b")))
            let plan = try await world.plan(world.sent(Written.monitor("a"), Written.monitor("b", rows: 1), prunes: true))
            #expect(plan.lines == ["no-change Monitor a"])
            #expect(plan.faults.count == 1)
        }
    }

    @Test("what was deleted can be declared again, and counts on", arguments: TestDatabase.allCases)
    func again(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let sent = world.sent(Written.monitor("m"), Written.pipeline("p"), Written.webhook("w"), Written.retention("r"))
            try await world.apply(sent)
            let deleted = try await world.declarations.delete(sent, isRehearsal: false, by: world.amina)
            #expect(deleted.lines.count == 4)
            #expect(try await world.declared() == [])
            #expect(try await world.catalogue.list(by: world.amina) == [])
            #expect(try await world.retention.policies(by: world.amina) == [])
            // Gone already: no error.
            let twice = try await world.declarations.delete(sent, isRehearsal: false, by: world.amina)
            #expect(!twice.hasChanges)
            try await world.apply(sent)
            #expect(try await world.monitors.monitor("m", by: world.amina).revision == 2)
            #expect(try await world.catalogue.get("p", by: world.amina).version == 3)
            #expect(try await world.webhooks.list(limit: 10, by: world.amina).count == 1)
        }
    }

    @Test("another source's object is a conflict that names the owner, until it is taken over", arguments: TestDatabase.allCases)
    func conflict(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.apply(world.sent(Written.monitor("m"), source: "team-a"))
            let sent = world.sent(Written.monitor("m"), source: "team-b")
            let plan = try await world.plan(sent)
            #expect(plan.faults.map(\.code) == ["documents.object.foreign"])
            #expect(plan.faults.first?.what.contains("'team-a'") == true)
            #expect(plan.faults.first?.fix?.contains("--take-over") == true)
            let problem = try await #require(throws: Problem.self) { try await world.apply(sent) }
            #expect(problem.kind == .conflict)
            #expect(try await world.verbs().contains("request.refused"))

            let taken = try await world.apply(world.sent(Written.monitor("m"), source: "team-b", takesOver: true))
            #expect(taken.lines == ["update Monitor m"])
            #expect(taken.object("m")?.takenFrom == "team-a")
            #expect(try await world.declared().map(\.source) == ["team-b"])
            // The first one has lost it: it neither prunes nor deletes it.
            #expect(try await world.apply(world.sent("", source: "team-a", prunes: true)).objects == [])
            let deletion = try await #require(throws: Problem.self) {
                try await world.declarations.delete(world.sent(Written.monitor("m"), source: "team-a"), isRehearsal: false, by: world.amina)
            }
            #expect(deletion.code == "documents.object.foreign")
        }
    }

    @Test("what was made by hand is adopted when it is the same, and a conflict when it differs", arguments: TestDatabase.allCases)
    func adopt(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let features = [MonitoredFeature("wind", .number)]
            var specification = MonitorSpecification(name: "m", endpoint: "flights", features: features, label: nil)
            _ = try await world.monitors.apply(specification, by: world.amina)
            let adopted = try await world.apply(world.sent(Written.monitor("m")))
            #expect(adopted.object("m")?.takenFrom == "")
            #expect(try await world.monitors.monitor("m", by: world.amina).revision == 1)
            specification.name = "n"
            specification.thresholds.minimumRows = 500
            _ = try await world.monitors.apply(specification, by: world.amina)
            #expect(try await world.plan(world.sent(Written.monitor("n"))).faults.map(\.code) == ["documents.object.undeclared"])
            try await world.apply(world.sent(Written.monitor("n"), takesOver: true))
            #expect(try await world.monitors.monitor("n", by: world.amina).specification.thresholds.minimumRows == 200)
        }
    }

    @Test("drift is what changed or went behind the source's back", arguments: TestDatabase.allCases)
    func drift(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let sent = world.sent(Written.monitor("m"), Written.pipeline("p"), Written.trigger("t", pipeline: "p"), Written.webhook("w"))
            try await world.apply(sent)
            var specification = try await world.monitors.monitor("m", by: world.amina).specification
            specification.thresholds.minimumRows = 999
            _ = try await world.monitors.apply(specification, by: world.amina)
            let hook = try #require(try await world.webhooks.list(limit: 1, by: world.amina).first)
            try await world.webhooks.delete(hook.id, by: world.amina)

            let drifted = try await world.declarations.drift(of: "git", by: world.amina)
            #expect(drifted.map { "\($0.object.name) \($0.state.rawValue)" } == ["m changed", "p same", "t same", "w deleted"])
            #expect(drifted.first?.changes == [FieldChange(path: "thresholds.minimumRows", from: 200, to: 999)])
            #expect(try await world.declarations.drift(of: "other", by: world.amina).isEmpty)

            let plan = try await world.plan(sent)
            #expect(plan.lines == ["no-change Pipeline p", "update Monitor m", "create Webhook w", "no-change Trigger t"])
            #expect(plan.objects.filter(\.hasDrifted).map(\.key.name) == ["m", "w"])
            try await world.apply(sent)
            #expect(try await world.declarations.drift(of: "git", by: world.amina).allSatisfy { $0.state == .same })
            // Nothing else was wished, so it is the same generation.
            #expect(try await world.declared("git").allSatisfy { $0.generation == 1 })
        }
    }

    @Test("a pipeline that a trigger of others starts cannot be deleted", arguments: TestDatabase.allCases)
    func used(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.apply(world.sent(Written.pipeline("p")))
            try await world.apply(world.sent(Written.trigger("t", pipeline: "p"), source: "other"))
            let problem = try await #require(throws: Problem.self) {
                try await world.declarations.delete(world.sent(Written.pipeline("p")), isRehearsal: false, by: world.amina)
            }
            #expect(problem.code == "pipelines.pipeline.used")
            _ = try await world.declarations.deleteAll(of: "other", isRehearsal: false, by: world.amina)
            _ = try await world.declarations.deleteAll(of: "git", isRehearsal: false, by: world.amina)
            #expect(try await world.declared() == [])
        }
    }
}
