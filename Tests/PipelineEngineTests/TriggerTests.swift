// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Pipelines
import TestSupport
import Testing

@Suite("Triggers", .timeLimit(.minutes(2)))
struct TriggerTests {
    private static let document = pipeline(#"- {name: step, command: ["true"]}"#, named: "retrain")

    private func apply(_ world: World, on verb: String = "performance.breached", resource: String? = "endpoint/flights") async throws {
        _ = try await world.catalogue.apply(Self.document, sources: [:], codeCommit: nil, by: world.caller)
        _ = try await world.triggers.apply(
            "drift", verb: verb, resource: resource, pipeline: "retrain", parameters: [:], by: world.caller)
    }

    private func happen(_ world: World, _ verb: String = "performance.breached", on resource: String = "endpoint/flights/1") async throws {
        _ = try await world.governor.change(.monitorWrite, by: world.caller) { try $0.record(verb, on: resource) }
        try await LedgerSequencer(database: world.governor.database).sequence()
    }

    private func executions(_ world: World) async throws -> [Execution] {
        try await world.executions.list(pipeline: nil, before: nil, limit: 100, by: world.caller)
    }

    @Test("start one execution for one event, however many listeners see it", arguments: TestDatabase.allCases)
    func once(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world)
            try await happen(world)
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...4 { group.addTask { try await listener.pass() } }
                try await group.waitForAll()
            }
            try await listener.pass()
            // A listener that lost its place sees all entries again.
            try await world.governor.database.write { _ = try $0.execute("DELETE FROM consumer_position") }
            try await listener.pass()
            let started = try await executions(world)
            #expect(started.count == 1)
            #expect(started.first?.cause?.hasPrefix("trigger/drift on ") == true)
            #expect(started.first?.startedBy.qualifiedName == "system:trigger-drift")
            let firings = try await world.triggers.firings(of: "drift", limit: 10, by: world.caller)
            #expect(firings.map(\.execution) == [started.first?.id])
            #expect(try await world.verbs().filter { $0 == "trigger.fired" }.count == 1)
        }
    }

    @Test("let through nothing but their event, about their resource, after they were made", arguments: TestDatabase.allCases)
    func matching(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await happen(world)
            world.clock.advance(.seconds(1))
            try await apply(world)
            try await happen(world, "drift.detected")
            try await happen(world, on: "endpoint/flights-two")
            try await happen(world, on: "endpoint/other/1")
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            try await listener.pass()
            #expect(try await executions(world).isEmpty)
            try await happen(world, on: "endpoint/flights")
            // Applied again before the event was dealt with: still the same trigger.
            world.clock.advance(.seconds(1))
            try await apply(world)
            try await listener.pass()
            #expect(try await executions(world).count == 1)
        }
    }

    @Test("start nothing while blocked, and say why", arguments: TestDatabase.allCases)
    func blocked(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world)
            try await happen(world)
            try await TriggerListener(governor: world.governor) { _, _ in "The data are broken." }.pass()
            // What was blocked stays so.
            try await TriggerListener(governor: world.governor) { _, _ in nil }.pass()
            #expect(try await executions(world).isEmpty)
            let firings = try await world.triggers.firings(of: "drift", limit: 10, by: world.caller)
            #expect(firings.map(\.blocked) == ["The data are broken."])
            #expect(try await world.verbs().last == "trigger.blocked")
        }
    }

    @Test("go on to other events when a pipeline cannot be started any more", arguments: TestDatabase.allCases)
    func unstartable(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world)
            let needing = pipeline(#"- {name: step, command: ["true"]}"#, named: "retrain", parameters: "[{name: data}]")
            _ = try await world.catalogue.apply(needing, sources: [:], codeCommit: nil, by: world.caller)
            try await happen(world)
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            try await listener.pass()
            let firings = try await world.triggers.firings(of: "drift", limit: 10, by: world.caller)
            #expect(firings.first?.blocked?.contains("'data'") == true)
            _ = try await world.catalogue.apply(Self.document, sources: [:], codeCommit: nil, by: world.caller)
            try await happen(world, on: "endpoint/flights/2")
            try await listener.pass()
            #expect(try await executions(world).count == 1)
        }
    }

    @Test("are started by a running listener", arguments: TestDatabase.allCases)
    func running(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world)
            let listener = TriggerListener(governor: world.governor, clock: HurriedClock()) { _, _ in nil }
            async let _: Void = listener.run()
            try await happen(world)
            let (commits, commit) = AsyncStream.makeStream(of: Void.self)
            world.governor.onCommit { commit.yield() }
            commit.yield()
            for await _ in commits where try await !executions(world).isEmpty { break }
            #expect(try await executions(world).count == 1)
        }
    }

    @Test("cannot be started by triggers", arguments: TestDatabase.allCases)
    func circular(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let problem = await #expect(throws: Problem.self) { try await apply(world, on: "trigger.fired", resource: nil) }
            #expect(problem?.code == "pipelines.trigger.circular")
        }
    }
}
