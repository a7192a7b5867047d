// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Pipelines
import TestSupport
import Testing

@Suite("Backfills", .timeLimit(.minutes(3)))
struct BackfillTests {
    private static let document = pipeline(
        #"- {name: step, command: ["true"], environment: {M: {parameter: month}}}"#, named: "load",
        parameters: "[{name: month}, {name: scale, type: integer, default: 1}]")

    private func with(_ engine: TestDatabase, _ body: (World, Backfills, TriggerListener) async throws -> Void) async throws {
        try await World.with(engine) { world in
            _ = try await world.catalogue.apply(Self.document, sources: [:], codeCommit: nil, by: world.caller)
            try await body(world, Backfills(governor: world.governor), TriggerListener(governor: world.governor) { _, _ in nil })
        }
    }

    private func request(
        _ from: String = "2013-01-01", _ to: String = "2013-05-31", concurrency: Int = 2, again: Bool = false
    ) -> BackfillRequest {
        BackfillRequest(
            pipeline: "load", parameter: "month", partitions: .dates(from: from, to: to, step: .month), concurrency: concurrency,
            again: again)
    }

    private func open(_ world: World) async throws -> Int {
        try await world.executions.list(pipeline: nil, before: nil, limit: 1000, by: world.caller).count { $0.ended == nil }
    }

    private func finish(_ world: World, _ listener: TriggerListener, _ backfills: Backfills, _ id: String) async throws -> Backfill {
        try await world.working(world.engine()) {
            while true {
                try await listener.pass()
                let backfill = try await backfills.get(id, by: world.caller)
                if backfill.ended != nil { return backfill }
                for execution in try await world.executions.list(pipeline: nil, before: nil, limit: 1000, by: world.caller)
                where execution.ended == nil { _ = try await world.ended(execution.id) }
            }
        }
    }

    @Test("name days, weeks and months in order, both ends included")
    func names() throws {
        func names(_ from: String, _ to: String, _ step: BackfillRequest.Step) throws -> [String] {
            try BackfillRequest.Partitions.dates(from: from, to: to, step: step).names()
        }
        #expect(try names("2024-02-27", "2024-03-01", .day) == ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"])
        #expect(try names("2024-12-23", "2025-01-06", .week) == ["2024-12-23", "2024-12-30", "2025-01-06"])
        #expect(try names("2024-11-15", "2025-02-01", .month) == ["2024-11", "2024-12", "2025-01", "2025-02"])
        for (from, to) in [("2024-02-30", "2024-03-01"), ("2024-03-02", "2024-03-01"), ("x", "y"), ("0001-01-01", "9999-12-31")] {
            #expect(throws: Problem.self) { try names(from, to, .day) }
        }
        #expect(throws: Problem.self) { try BackfillRequest.Partitions.values(["a", "a"]).names() }
        #expect(throws: Problem.self) { try BackfillRequest.Partitions.values([]).names() }
    }

    @Test("run each partition once, no more than so many at a time, however many servers drive them", arguments: TestDatabase.allCases)
    func concurrency(_ engine: TestDatabase) async throws {
        try await with(engine) { world, backfills, listener in
            let backfill = try await backfills.start(request(), by: world.caller)
            #expect(backfill.counts == [.waiting: 5])
            // The same request again is the same backfill.
            #expect(try await backfills.start(request(), by: world.caller).id == backfill.id)
            // Also when it comes several times at once.
            let other = BackfillRequest(pipeline: "load", parameter: "month", partitions: .values(["x"]))
            let same = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 1...4 { group.addTask { try await backfills.start(other, by: world.caller).id } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(same.count == 1)
            for id in same { _ = try await backfills.cancel(id, by: world.caller) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...4 { group.addTask { try await listener.pass() } }
                try await group.waitForAll()
            }
            #expect(try await open(world) == 2)
            let ended = try await finish(world, listener, backfills, backfill.id)
            #expect(ended.state == .done && ended.counts == [.succeeded: 5])
            let executions = try await world.executions.list(pipeline: nil, before: nil, limit: 100, by: world.caller)
            #expect(executions.reversed().map(\.parameters["month"]) == ["2013-01", "2013-02", "2013-03", "2013-04", "2013-05"])
            #expect(
                executions.allSatisfy { $0.startedBy == world.caller.principal && $0.cause?.hasPrefix("backfill/\(backfill.id)") == true })
            // A longer range does what is new; --again does all.
            let longer = try await backfills.start(request("2013-04-01", "2013-06-30"), by: world.caller)
            #expect(longer.counts == [.skipped: 2, .waiting: 1])
            let partitions = try await backfills.partitions(of: longer.id, limit: 10, by: world.caller)
            #expect(partitions.first?.detail?.contains(backfill.id) == true && partitions.first?.execution != nil)
            #expect(try await backfills.start(request(again: true), by: world.caller).counts == [.waiting: 5])
        }
    }

    @Test("are paused, resumed and cancelled", arguments: TestDatabase.allCases)
    func steered(_ engine: TestDatabase) async throws {
        try await with(engine) { world, backfills, listener in
            let id = try await backfills.start(request(concurrency: 1), by: world.caller).id
            _ = try await backfills.pause(id, by: world.caller)
            try await listener.pass()
            #expect(try await open(world) == 0)
            _ = try await backfills.resume(id, by: world.caller)
            try await listener.pass()
            #expect(try await open(world) == 1)
            let cancelled = try await backfills.cancel(id, by: world.caller)
            #expect(cancelled.counts == [.cancelled: 4, .running: 1])
            let ended = try await finish(world, listener, backfills, id)
            #expect(ended.state == .cancelled && ended.counts == [.cancelled: 5])
            let problem = await #expect(throws: Problem.self) { try await backfills.resume(id, by: world.caller) }
            #expect(problem?.code == "pipelines.backfill.over")
            // What was cancelled is not done: another backfill does it.
            #expect(try await backfills.start(request(concurrency: 1), by: world.caller).counts == [.waiting: 5])
        }
    }

    @Test("give values their types, and refuse those that the pipeline does not take", arguments: TestDatabase.allCases)
    func values(_ engine: TestDatabase) async throws {
        try await with(engine) { world, backfills, listener in
            func start(_ values: [String], _ parameter: String = "scale") async throws -> Backfill {
                try await backfills.start(
                    BackfillRequest(
                        pipeline: "load", parameter: parameter, partitions: .values(values),
                        parameters: parameter == "scale" ? ["month": "m"] : [:]),
                    by: world.caller)
            }
            let backfill = try await start(["1", "20"])
            #expect(try await backfills.partitions(of: backfill.id, limit: 10, by: world.caller).map(\.value) == [1, 20])
            for (values, parameter, code) in [
                (["1", "b"], "scale", "pipelines.parameter.mismatch"), (["a"], "mnth", "pipelines.parameter.unknown"),
            ] {
                let problem = await #expect(throws: Problem.self) { try await start(values, parameter) }
                #expect(problem?.code == code)
            }
            // A pipeline that changed meanwhile fails its partitions, not the server.
            let other = pipeline(#"- {name: step, command: ["true"]}"#, named: "load")
            _ = try await world.catalogue.apply(other, sources: [:], codeCommit: nil, by: world.caller)
            for _ in 1...3 { try await listener.pass() }
            let ended = try await backfills.get(backfill.id, by: world.caller)
            #expect(ended.state == .done && ended.counts == [.failed: 2])
        }
    }
}
