// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Pipelines
import TestSupport
import Testing

/// Triggers of each kind over a database, under a clock moved by hand.
@Suite("Kinds of triggers", .timeLimit(.minutes(3)))
struct TriggerKindTests {
    private static let document = pipeline(
        #"- {name: step, command: ["true"]}"#, named: "load",
        parameters: #"[{name: month, default: ""}, {name: size, type: integer, default: 0}]"#)

    private func apply(_ world: World, _ specification: TriggerSpecification) async throws {
        _ = try await world.catalogue.apply(Self.document, sources: [:], codeCommit: nil, by: world.caller)
        _ = try await world.triggers.apply(specification, by: world.caller)
    }

    private func schedule(_ cron: String, _ zone: String = "UTC", missed: ScheduleSource.Missed = .last) -> TriggerSpecification {
        TriggerSpecification(
            name: "t", pipeline: "load", source: .schedule(ScheduleSource(cron: cron, timeZone: zone, missed: missed)),
            parameters: ["month": .expression("event.data.month")])
    }

    private func executions(_ world: World) async throws -> [Execution] {
        try await world.executions.list(pipeline: nil, before: nil, limit: 1000, by: world.caller)
    }

    private func firings(_ world: World) async throws -> [TriggerFiring] {
        try await world.triggers.firings(of: "t", limit: 1000, by: world.caller)
    }

    private func event(_ id: String, data: JSONValue = [:], type: String = "data.ready") throws -> TriggerEvent {
        try TriggerEvent(
            source: "/tests", id: id, type: type, subject: nil, time: Timestamp(milliseconds: 1_700_000_000_000), data: data,
            extensions: [:])
    }

    // MARK: schedules

    @Test("run a tick once, however many servers look at it", arguments: TestDatabase.allCases)
    func racing(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world, schedule("*/5 * * * *"))
            for _ in 1...3 {
                world.clock.advance(.seconds(300))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 1...4 {
                        let governor = Governor(
                            database: world.governor.database, clock: world.clock, identifiers: IdentifierSource(clock: world.clock))
                        group.addTask { try await TriggerListener(governor: governor) { _, _ in nil }.pass() }
                    }
                    try await group.waitForAll()
                }
            }
            let started = try await executions(world)
            #expect(started.count == 3)
            #expect(started.allSatisfy { $0.parameters["month"] == "2023-11" })
            #expect(
                try await firings(world).map(\.subject) == [
                    "2023-11-14T22:25:00.000Z", "2023-11-14T22:20:00.000Z", "2023-11-14T22:15:00.000Z",
                ])
            #expect(try await world.verbs().filter { $0 == "trigger.fired" }.count == 3)
        }
    }

    @Test("run no tick twice when the clock is put back and forth", arguments: TestDatabase.allCases)
    func clockMoves(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            // 22:13:20, then every full hour.
            try await apply(world, schedule("0 * * * *"))
            func pass(_ duration: Duration) async throws -> Int {
                world.clock.advance(duration)
                try await listener.pass()
                return try await executions(world).count
            }
            #expect(try await pass(.seconds(3600)) == 1)
            #expect(try await pass(.seconds(-3600)) == 1)
            #expect(try await pass(.seconds(3600)) == 1)
            #expect(try await pass(.seconds(3600)) == 2)
            // A year ahead by mistake: the last tick of that year runs, and those in between are told as missed.
            #expect(try await pass(.seconds(365 * 86_400)) == 3)
            #expect(try await firings(world).contains { $0.reason == .missed })
            // Back again: the times of the real day run as if nothing had been.
            #expect(try await pass(.seconds(-365 * 86_400)) == 3)
            #expect(try await pass(.seconds(3600)) == 4)
            #expect(try await pass(.seconds(3600)) == 5)
        }
    }

    @Test("run once through a night on which clocks change", arguments: TestDatabase.allCases)
    func clockChange(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            // 2024-03-30 12:00 UTC; on the 31st 02:30 does not exist in Berlin, and on 2024-10-27 it comes twice.
            world.clock.advance(Timestamp(milliseconds: 1_711_800_000_000) - world.clock.now())
            try await apply(world, schedule("30 2 * * *", "Europe/Berlin"))
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            for _ in 1...48 {
                world.clock.advance(.seconds(1800))
                try await listener.pass()
            }
            #expect(try await firings(world).map(\.subject) == ["2024-03-31T01:00:00.000Z"])
            world.clock.advance(Timestamp(milliseconds: 1_729_944_000_000) - world.clock.now())
            try await listener.pass()
            let before = try await executions(world).count
            for _ in 1...48 {
                world.clock.advance(.seconds(1800))
                try await listener.pass()
            }
            #expect(try await executions(world).count == before + 1)
            #expect(try await firings(world).first?.subject == "2024-10-27T00:30:00.000Z")
        }
    }

    @Test("make up for missed times as they are told", arguments: TestDatabase.allCases, ScheduleSource.Missed.allCases)
    func missed(_ engine: TestDatabase, _ missed: ScheduleSource.Missed) async throws {
        try await World.with(engine) { world in
            try await apply(world, schedule("0 * * * *", missed: missed))
            world.clock.advance(.seconds(5 * 3600))
            try await TriggerListener(governor: world.governor) { _, _ in nil }.pass()
            #expect(try await executions(world).count == [.skip: 0, .last: 1, .all: 5][missed])
            #expect(try await firings(world).contains { $0.reason == .missed } == (missed != .all))
        }
    }

    @Test("start nothing while paused, and nothing of that time afterwards", arguments: TestDatabase.allCases)
    func paused(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world, schedule("0 * * * *"))
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            _ = try await world.triggers.pause("t", by: world.caller)
            world.clock.advance(.seconds(4 * 3600))
            try await listener.pass()
            _ = try await world.triggers.resume("t", by: world.caller)
            try await listener.pass()
            #expect(try await executions(world).isEmpty)
            world.clock.advance(.seconds(3600))
            try await listener.pass()
            #expect(try await executions(world).count == 1)
            try await world.triggers.delete("t", by: world.caller)
            world.clock.advance(.seconds(3600))
            try await listener.pass()
            #expect(try await executions(world).count == 1)
            #expect(try await world.verbs().contains("trigger.deleted"))
            let problem = await #expect(throws: Problem.self) { try await world.triggers.get("t", by: world.caller) }
            #expect(problem?.code == "pipelines.trigger.unknown")
        }
    }

    // MARK: events that others send

    private func http(
        condition: String? = nil, key: String? = nil, parameters: [String: TriggerParameter] = [:], debounce: Debounce = Debounce(),
        budget: Int? = nil, concurrency: TriggerConcurrency = TriggerConcurrency()
    ) -> TriggerSpecification {
        TriggerSpecification(
            name: "t", pipeline: "load", source: .http(HTTPSource(type: "data.ready")), condition: condition, parameters: parameters,
            key: key,
            debounce: debounce, budgetPerDay: budget, concurrency: concurrency)
    }

    @Test("take an event once, with values out of it", arguments: TestDatabase.allCases)
    func received(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(
                world, http(parameters: ["month": .expression("event.data.month"), "size": .expression("event.data.rows * 2")]))
            let sent = try event("1", data: ["month": "2024-01", "rows": 21])
            let all = try await withThrowingTaskGroup(of: TriggerFiring.self) { group in
                for _ in 1...4 { group.addTask { try await world.triggers.receive(sent, for: "t", by: world.caller) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let started = try await executions(world)
            #expect(started.count == 1)
            #expect(Set(all.map(\.execution)) == [started.first?.id])
            #expect(started.first?.parameters == ["month": "2024-01", "size": 42])
            // Another content under the same name is the same event.
            let again = try await world.triggers.receive(try event("1", data: [:]), for: "t", by: world.caller)
            #expect(again.execution == started.first?.id)
            #expect(try await world.triggers.receive(try event("2", type: "other"), for: "t", by: world.caller).reason == .condition)
        }
    }

    @Test("start nothing when a condition does not hold or cannot be evaluated, and say so", arguments: TestDatabase.allCases)
    func conditions(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world, http(condition: "event.data.rows > 10"))
            func reason(_ id: String, _ data: JSONValue) async throws -> TriggerFiring.Reason? {
                try await world.triggers.receive(try event(id, data: data), for: "t", by: world.caller).reason
            }
            #expect(try await reason("1", ["rows": 10]) == .condition)
            #expect(try await reason("2", [:]) == .error)
            #expect(try await reason("3", ["rows": "many"]) == .error)
            #expect(try await reason("4", ["rows": 11]) == nil)
            #expect(try await executions(world).count == 1)
            let told = try await firings(world).first { $0.reason == .error }
            #expect(told?.blocked?.contains("condition") == true)
            // One that spends its limit fires nothing either.
            try await apply(world, http(condition: "event.data.l.all(a, event.data.l.all(b, event.data.l.all(c, a + b + c >= 0)))"))
            let long = JSONValue.object(["l": .array((0..<300).map { .integer($0) })])
            #expect(try await reason("5", long) == .error)
            #expect(try await executions(world).count == 1)
        }
    }

    @Test("are refused when an expression, folder or time cannot be used", arguments: TestDatabase.allCases)
    func refused(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            func code(_ specification: TriggerSpecification) async -> String? {
                await #expect(throws: Problem.self) { try await apply(world, specification) }?.code
            }
            #expect(await code(http(condition: "event.data.rows >")) == "pipelines.trigger.expression")
            #expect(await code(http(condition: "evnt.data.rows > 1")) == "pipelines.trigger.expression")
            #expect(await code(http(condition: "'text'")) == "pipelines.trigger.expression")
            #expect(await code(http(key: "1 + 1")) == "pipelines.trigger.expression")
            #expect(await code(http(parameters: ["nmonth": .expression("event.id")])) == "pipelines.parameter.unknown")
            #expect(await code(http(debounce: Debounce(longestWaitSeconds: 5))) == "pipelines.trigger.longestWait")
            #expect(await code(http(budget: 0)) == "pipelines.trigger.range")
            #expect(await code(schedule("0 0 30 2 *")) == "pipelines.schedule.never")
            for path in ["/etc", "../up", "a/../../b"] {
                let files = FileSource(folder: path, pattern: "*.csv")
                #expect(await code(TriggerSpecification(name: "t", pipeline: "load", source: .files(files))) == "pipelines.trigger.path")
            }
        }
    }

    @Test("start one execution for each key", arguments: TestDatabase.allCases)
    func keys(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world, http(key: "event.data.digest"))
            for (id, digest) in [("1", "a"), ("2", "a"), ("3", "b"), ("4", "a")] {
                _ = try await world.triggers.receive(try event(id, data: ["digest": .string(digest)]), for: "t", by: world.caller)
            }
            #expect(try await executions(world).count == 2)
            #expect(try await firings(world).filter { $0.reason == .sameKey }.count == 2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 5...8 {
                    group.addTask {
                        _ = try await world.triggers.receive(try event("\(id)", data: ["digest": "c"]), for: "t", by: world.caller)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await executions(world).count == 3)
        }
    }

    @Test("become one execution after quiet, the newest of a burst", arguments: TestDatabase.allCases)
    func debounced(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let rule = Debounce(quietSeconds: 60, longestWaitSeconds: 300)
            try await apply(world, http(parameters: ["month": .expression("event.id")], debounce: rule))
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            for id in 1...3 {
                _ = try await world.triggers.receive(try event("\(id)"), for: "t", by: world.caller)
                world.clock.advance(.seconds(30))
                try await listener.pass()
            }
            #expect(try await executions(world).isEmpty)
            #expect(try await world.triggers.get("t", by: world.caller).waiting?.contains("60 s") == true)
            world.clock.advance(.seconds(30))
            try await listener.pass()
            #expect(try await executions(world).map(\.parameters["month"]) == ["3"])
            #expect(try await firings(world).filter { $0.reason == .superseded }.count == 2)
            #expect(try await world.triggers.get("t", by: world.caller).waiting == nil)
            // A stream that never pauses waits no longer than 300 s.
            for id in 4...13 {
                _ = try await world.triggers.receive(try event("\(id)"), for: "t", by: world.caller)
                world.clock.advance(.seconds(31))
                try await listener.pass()
            }
            #expect(try await executions(world).count == 2)
        }
    }

    @Test("keep apart and within the day's budget", arguments: TestDatabase.allCases)
    func budget(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(world, http(debounce: Debounce(minimumIntervalSeconds: 600), budget: 2))
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            func send(_ id: String) async throws { _ = try await world.triggers.receive(try event(id), for: "t", by: world.caller) }
            try await send("1")
            try await send("2")
            try await send("3")
            #expect(try await executions(world).count == 1)
            world.clock.advance(.seconds(600))
            try await listener.pass()
            #expect(try await executions(world).count == 2)
            world.clock.advance(.seconds(600))
            try await send("4")
            #expect(try await executions(world).count == 2)
            #expect(try await firings(world).first?.reason == .budget)
            world.clock.advance(.seconds(86_400))
            try await send("5")
            #expect(try await executions(world).count == 3)
        }
    }

    // MARK: concurrency

    @Test(
        "follow the policy while executions of the pipeline are open", arguments: TestDatabase.allCases, TriggerConcurrency.Policy.allCases)
    func concurrency(_ engine: TestDatabase, _ policy: TriggerConcurrency.Policy) async throws {
        try await World.with(engine) { world in
            try await apply(world, http(concurrency: TriggerConcurrency(policy: policy)))
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            for id in ["1", "2"] {
                _ = try await world.triggers.receive(try event(id), for: "t", by: world.caller)
                world.clock.advance(.seconds(1))
            }
            try await listener.pass()
            let before = try await executions(world)
            #expect(before.count == (policy == .allow ? 2 : 1))
            if policy == .replace { #expect(before[0].wantsCancel) }
            if policy == .forbid { #expect(try await firings(world).first?.reason == .overlap) }
            // A worker brings them to their end; then what waits is started.
            try await world.working(world.engine()) {
                for execution in before { _ = try await world.ended(execution.id) }
            }
            try await listener.pass()
            #expect(try await executions(world).count == (policy == .forbid ? 1 : 2))
            #expect(try await firings(world).allSatisfy { $0.state == .done })
        }
    }

    // MARK: chains

    @Test("end a chain of executions that start each other", arguments: TestDatabase.allCases)
    func chain(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            var specification = TriggerSpecification(
                name: "t", pipeline: "load", source: .event(LedgerSource(verb: "execution.started")), maximumDepth: 3)
            try await apply(world, specification)
            _ = try await world.executions.start("load", parameters: [:], by: world.caller)
            let listener = TriggerListener(governor: world.governor) { _, _ in nil }
            for _ in 1...6 {
                try await LedgerSequencer(database: world.governor.database).sequence()
                try await listener.pass()
            }
            #expect(try await executions(world).count == 4)
            let last = try await firings(world).first { $0.execution == nil }
            #expect(last?.reason == .depth && last?.depth == 3)
            // What steps do is done in the trigger's name.
            specification.source = .event(LedgerSource(verb: "version.registered"))
            _ = try await world.triggers.apply(specification, by: world.caller)
            _ = try await world.governor.change(.registryWrite, by: .controller("trigger-t", in: "default")) {
                try $0.record("version.registered", on: "model/m/1")
            }
            try await LedgerSequencer(database: world.governor.database).sequence()
            try await listener.pass()
            #expect(try await firings(world).first { $0.subject == "model/m/1" }?.reason == .depth)
        }
    }

    @Test("find a condition over a ledger entry", arguments: TestDatabase.allCases)
    func ledgerCondition(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await apply(
                world,
                TriggerSpecification(
                    name: "t", pipeline: "load", source: .event(LedgerSource(verb: "gate.passed")),
                    condition: "event.data.model == 'churn' && event.subject.startsWith('gate/')",
                    parameters: ["month": .expression("event.data.?month.orValue('none')")]))
            for model in ["other", "churn"] {
                _ = try await world.governor.change(.gateEvaluate, by: world.caller) {
                    try $0.record("gate.passed", on: "gate/1", ["model": .string(model)])
                }
            }
            try await LedgerSequencer(database: world.governor.database).sequence()
            try await TriggerListener(governor: world.governor) { _, _ in nil }.pass()
            #expect(try await executions(world).map(\.parameters["month"]) == ["none"])
            #expect(try await firings(world).map(\.reason).contains(.condition))
        }
    }
}
