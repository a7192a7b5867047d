// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Pipelines
import Synchronization
import TestSupport
import Testing

@Suite("Actions of triggers", .timeLimit(.minutes(2)))
struct TriggerActionTests {
    private final class Performed: Sendable {
        private let acts = Mutex<[String]>([])
        var all: [String] { acts.withLock { $0 } }

        /// A transaction may run again, so what counts is what stays in the database; this only shows what was asked.
        func add(_ act: String) { acts.withLock { $0.append(act) } }
    }

    private func apply(_ world: World, _ action: TriggerAction, pipeline: String = "", perWeek: Int? = nil) async throws {
        _ = try await world.triggers.apply(
            TriggerSpecification(
                name: "act", pipeline: pipeline, source: .event(LedgerSource(verb: "performance.breached")), action: action,
                budgetPerWeek: perWeek), by: world.caller)
    }

    private func happen(_ world: World, _ number: Int) async throws {
        _ = try await world.governor.change(.monitorWrite, by: world.caller) { change in
            try change.record("performance.breached", on: "monitor/m\(number)", ["endpoint": "flights"])
        }
        try await LedgerSequencer(database: world.governor.database).sequence()
    }

    private func firings(_ world: World) async throws -> [TriggerFiring] {
        try await world.triggers.firings(of: "act", limit: 10, by: world.caller).reversed()
    }

    private func started(_ world: World) async throws -> Int {
        try await world.executions.list(pipeline: nil, before: nil, limit: 100, by: world.caller).count
    }

    @Test("an action is done once for one event, and its budget of a week ends", arguments: TestDatabase.allCases)
    func once(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world, TriggerAction(.freeze, environment: "production"), perWeek: 2)
            for number in 1...3 { try await happen(world, number) }
            let listener = TriggerListener(
                governor: world.governor,
                perform: { action, trigger, entry, change in
                    try change.record("test.acted", on: entry.resource)
                    return .acted("environment/\(action.environment ?? "")")
                }, block: { _, _ in "Only what starts a pipeline is held back." })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...3 { group.addTask { try await listener.pass() } }
                try await group.waitForAll()
            }
            try await world.governor.database.write { _ = try $0.execute("DELETE FROM consumer_position") }
            try await listener.pass()
            let firings = try await firings(world)
            #expect(firings.map(\.execution).compactMap(\.self) == ["environment/production", "environment/production"])
            #expect(firings.compactMap(\.reason) == [.budget])
            let verbs = try await world.verbs()
            #expect(verbs.count { $0 == "test.acted" } == 2 && verbs.count { $0 == "trigger.fired" } == 2)
            #expect(try await started(world) == 0)
        }
    }

    @Test("a response starts the pipeline, declines or acts; while blocked it is not even asked", arguments: TestDatabase.allCases)
    func response(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            _ = try await world.catalogue.apply(
                pipeline(#"- {name: step, command: ["true"]}"#, named: "retrain"), sources: [:], codeCommit: nil, by: world.caller)
            try await apply(world, TriggerAction(.respond), pipeline: "retrain")
            let asked = Performed()
            func pass(_ act: TriggerAct, block: String? = nil) async throws {
                try await TriggerListener(
                    governor: world.governor,
                    perform: { _, _, entry, _ in
                        asked.add(entry.resource)
                        return act
                    }, block: { _, _ in block }
                ).pass()
            }
            try await happen(world, 1)
            try await pass(.start, block: "The data are broken.")
            #expect(asked.all.isEmpty)
            try await happen(world, 2)
            try await pass(.declined("Two challengers were no better."))
            #expect(try await started(world) == 0)
            try await happen(world, 3)
            try await pass(.start)
            #expect(try await started(world) == 1)
            try await happen(world, 4)
            try await pass(.acted("rollout/7"))
            let firings = try await firings(world)
            #expect(firings.map(\.blocked) == ["The data are broken.", "Two challengers were no better.", nil, nil])
            #expect(firings.last?.execution == "rollout/7" && asked.all.contains("monitor/m4"))
            #expect(try await started(world) == 1)
        }
    }

    @Test("what a problem keeps from being done is told, and undone", arguments: TestDatabase.allCases)
    func problem(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world, TriggerAction(.rollBack))
            try await happen(world, 1)
            try await TriggerListener(
                governor: world.governor,
                perform: { _, _, entry, change in
                    try change.record("test.acted", on: entry.resource)
                    throw Problem(.rejected, "test.refused", "There is no revision to go back to.")
                }, block: { _, _ in nil }
            ).pass()
            let firing = try await firings(world).first
            #expect(firing?.reason == .unstartable && firing?.blocked == "There is no revision to go back to.")
            #expect(try await !world.verbs().contains("test.acted"))
        }
    }

    @Test("an action needs what it names, an event of the ledger, and the permission of who applies it")
    func refused() async throws {
        func code(_ specification: TriggerSpecification) -> String? {
            do {
                try specification.check()
                return nil
            } catch { return error.code }
        }
        let event = TriggerSource.event(LedgerSource(verb: "incident.opened"))
        func trigger(_ action: TriggerAction?, pipeline: String = "", _ source: TriggerSource? = nil) -> TriggerSpecification {
            TriggerSpecification(name: "t", pipeline: pipeline, source: source ?? event, action: action)
        }
        #expect(code(trigger(nil)) == "pipelines.trigger.pipeline")
        #expect(code(trigger(TriggerAction(.respond))) == "pipelines.trigger.action")
        #expect(code(trigger(TriggerAction(.notify), pipeline: "p")) == "pipelines.trigger.action")
        #expect(code(trigger(TriggerAction(.freeze))) == "pipelines.trigger.action")
        #expect(code(trigger(TriggerAction(.notify, environment: "production"))) == "pipelines.trigger.action")
        #expect(code(trigger(TriggerAction(.notify), .schedule(ScheduleSource(cron: "@daily")))) == "pipelines.trigger.action-source")
        #expect(code(trigger(TriggerAction(.notify))) == nil)
        #expect(code(trigger(TriggerAction(.freeze, environment: "production"))) == nil)
        let read = try TriggerSpecification.read(["name": "t", "event": "incident.opened", "action": ["kind": "roll-back"]])
        #expect(read == trigger(TriggerAction(.rollBack)))
        try await World.with(.sqlite) { world in
            let editor = Caller(
                session: Session(principal: Principal(name: "ed", kind: .user), tokenID: nil, roles: ["default": [.editor]]),
                workspace: "default")
            try await world.governor.database.write { transaction in
                try PrincipalTable(transaction: transaction).insert(editor.principal, at: Timestamp(milliseconds: 0))
                try BindingTable(transaction: transaction).insert(
                    Binding(principal: "ed", workspace: "default", role: .editor), at: Timestamp(milliseconds: 0))
            }
            await #expect(throws: Problem.self) { _ = try await world.triggers.apply(trigger(TriggerAction(.rollBack)), by: editor) }
            _ = try await world.triggers.apply(trigger(TriggerAction(.notify)), by: editor)
        }
    }
}
