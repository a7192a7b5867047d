// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Governance
import Monitoring
import TestSupport
import Testing

@Suite("Incidents")
struct IncidentTests {
    private func answers(_ count: Int = 3000, inverted: Bool = false, revision: Int = 1) -> [World.Answer] {
        (0..<count).map { index in
            let isPositive = Double(index / 10 * 37 % 100) / 100 < 0.05 + 0.1 * Double(index % 10)
            return World.Answer(
                inputs: ["x": .number(Double(index * 7 % 101)), "k": .string(["a", "b"][index % 2])],
                score: 0.05 + 0.1 * Double(index % 10), label: isPositive != inverted ? 1 : 0, revision: revision)
        }
    }

    private func start(_ world: World, _ change: (inout MonitorSpecification) -> Void = { _ in }) async throws {
        var specification = MonitorSpecification(
            name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number), MonitoredFeature("k", .category)],
            owner: "omar")
        change(&specification)
        _ = try await world.monitors.apply(specification, by: world.amina)
        try await world.log(answers(), in: World.window(0), prefix: "w0")
        for version in 1...2 {
            let file =
                "x,k,score,label\n"
                + answers().map { answer in
                    "\(answer.inputs["x"]?.double ?? 0),\(answer.inputs["k"]?.text ?? ""),\(answer.score ?? 0),\(answer.label ?? 0)"
                }.joined(separator: "\n")
            _ = try await world.monitors.rebase("watch", model: "flights", version: version, fromCSV: file, by: world.amina)
        }
    }

    private func judge(_ world: World, _ number: Int, isBad: Bool, revision: Int = 1) async throws {
        try await world.log(answers(inverted: isBad, revision: revision), in: World.window(number), prefix: "w\(number)")
        _ = try await world.monitors.evaluate("watch", World.window(number), by: world.amina)
    }

    @Test(
        "a breach of two windows in three opens one incident, three clean ones end it, its return reopens it",
        arguments: TestDatabase.allCases)
    func lifeOfABreach(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world)
            try await judge(world, 1, isBad: true)
            #expect(try await world.incidents.incidents(by: world.viewer).isEmpty)
            try await judge(world, 2, isBad: true)
            let opened = try #require(try await world.incidents.incidents(by: world.viewer).first)
            #expect(opened.rule == "performance" && opened.kind == .performance && opened.severity == .critical && opened.version == 1)
            #expect(opened.owner == "omar" && opened.window == World.window(2) && opened.status == .open)
            // A model that is worse is a reason to retrain, none against it.
            #expect(try await world.incidents.open(endpoint: World.endpoint, by: world.viewer).isEmpty)
            try await judge(world, 3, isBad: true)
            #expect(try await world.incidents.incidents(by: world.viewer).map(\.seenCount) == [2])
            for number in 4...6 { try await judge(world, number, isBad: false) }
            let cleared = try await world.incidents.incident(opened.id, by: world.viewer)
            #expect(cleared.0.resolution == .recovered && cleared.1.map(\.act) == [.opened, .closed])
            for number in 7...8 { try await judge(world, number, isBad: true) }
            let (again, timeline) = try await world.incidents.incident(opened.id, by: world.viewer)
            #expect(again.isOpen && again.reopenedCount == 1 && timeline.map(\.act) == [.opened, .closed, .reopened])
            #expect(try await world.incidents.incidents(by: world.viewer).count == 1)
            #expect(
                try await world.verbs().filter { $0.hasPrefix("incident.") } == ["incident.opened", "incident.closed", "incident.reopened"])
        }
    }

    @Test("beyond the cooldown a return is a new incident, and a false alarm keeps quiet within it", arguments: TestDatabase.allCases)
    func cooldown(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world) { $0.alarms = AlarmRule(raise: 1, of: 1, clear: 1, cooldownHours: 24) }
            try await judge(world, 1, isBad: true)
            let first = try #require(try await world.incidents.incidents(by: world.viewer).first)
            _ = try await world.incidents.close(first.id, note: "A test of the feed.", resolution: .falseAlarm, by: world.amina)
            try await judge(world, 2, isBad: true)
            #expect(try await world.incidents.incidents(IncidentFilter(isOpen: true), by: world.viewer).isEmpty)
            world.clock.advance(by: .seconds(25 * 3600))
            try await judge(world, 3, isBad: true)
            let second = try #require(try await world.incidents.incidents(IncidentFilter(isOpen: true), by: world.viewer).first)
            #expect(second.id != first.id)
            _ = try await world.incidents.close(second.id, note: "A bad deployment, rolled back.", by: world.amina)
            let record = try #require(try await world.monitors.rules(of: "watch", by: world.viewer).first { $0.rule == "performance" })
            #expect(record.incidents == 2 && record.falseAlarms == 1 && record.precision == 0.5 && record.breaches == 3)
        }
    }

    @Test("a window of maintenance opens nothing and counts for nothing", arguments: TestDatabase.allCases)
    func maintenance(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world) {
                $0.alarms = AlarmRule(raise: 1, of: 1, clear: 1)
                // Window 1 is from 2013-01-31 on.
                $0.maintenance = [.init(name: "move", zone: "UTC", times: .once(from: "2013-01-30T22:00", until: "2013-01-31T02:00"))]
            }
            try await judge(world, 1, isBad: true)
            #expect(try await world.incidents.incidents(by: world.viewer).isEmpty)
            try await judge(world, 2, isBad: true)
            #expect(try await world.incidents.incidents(by: world.viewer).map(\.window) == [World.window(2)])
        }
    }

    @Test("what a version did wrong is over when its successor is clean", arguments: TestDatabase.allCases)
    func successor(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world) { $0.alarms = AlarmRule(raise: 1, of: 1, clear: 3) }
            try await judge(world, 1, isBad: true)
            try await judge(world, 2, isBad: false, revision: 2)
            let incidents = try await world.incidents.incidents(by: world.viewer)
            #expect(incidents.map(\.resolution) == [.recovered] && incidents.first?.note?.contains("Version 2") == true)
        }
    }

    @Test("every act is a line of the timeline with who, when and why", arguments: TestDatabase.allCases)
    func acts(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world) { $0.alarms = AlarmRule(raise: 1, of: 1, clear: 3) }
            try await judge(world, 1, isBad: true)
            let id = try #require(try await world.incidents.incidents(by: world.viewer).first?.id)
            #expect(try await code { _ = try await world.incidents.acknowledge(id, by: world.viewer) } == "access.permission.missing")
            let seen = try await world.incidents.acknowledge(id, note: "I look.", by: world.amina)
            #expect(seen.status == .acknowledged && seen.acknowledgedBy == "user:amina")
            _ = try await world.incidents.acknowledge(id, by: world.amina)
            let now = world.clock.now()
            #expect(
                try await code { _ = try await world.incidents.snooze(id, until: now, by: world.amina) } == "monitoring.incident.snooze")
            let asleep = try await world.incidents.snooze(id, until: now + .seconds(3600), note: "Until the feed is back.", by: world.amina)
            #expect(asleep.status == .snoozed)
            try await world.incidents.wake()
            #expect(try await world.incidents.incidents(by: world.viewer).first?.status == .snoozed)
            world.clock.advance(by: .seconds(3601))
            try await world.incidents.wake()
            try await world.incidents.wake()
            _ = try await world.incidents.assign(id, to: "layla", by: world.amina)
            _ = try await world.incidents.comment(id, "The carrier was renamed.", by: world.amina)
            _ = try await world.incidents.close(id, note: "Mapped.", by: world.amina)
            #expect(
                try await code { _ = try await world.incidents.comment(id, "More.", by: world.amina) } == "monitoring.incident.closed")
            let story = try await world.incidents.story(of: id, by: world.viewer)
            #expect(
                story.timeline.map(\.act) == [.opened, .acknowledged, .snoozed, .woken, .assigned, .commented, .closed])
            #expect(story.timeline.map(\.actor)[1...3] == ["user:amina", "user:amina", "system:monitors"])
            #expect(story.timeline[1].note == "I look." && story.timeline[4].detail == "layla" && story.incident.owner == "layla")
            #expect(
                try await world.verbs().filter { $0.hasPrefix("incident.") } == [
                    "incident.opened", "incident.acknowledged", "incident.snoozed", "incident.woken", "incident.assigned",
                    "incident.commented", "incident.closed",
                ])
        }
    }

    @Test(
        "windows are judged by themselves, once each, by however many controllers, and a pause is caught up",
        arguments: TestDatabase.allCases)
    func schedule(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world) { $0.schedule = MonitorSchedule(everySeconds: 3600, latenessSeconds: 600) }
            let controllers = [MonitorController(governor: world.governor), MonitorController(governor: world.governor)]
            func judged() async throws -> [Window] {
                try await world.monitors.evaluations(of: "watch", by: world.viewer).reversed().map(\.window)
            }
            // 1,700,000,000 s lies 800 s after a full hour.
            let hour = Timestamp(milliseconds: 1_699_999_200_000)
            for controller in controllers { try await controller.pass() }
            #expect(try await judged().isEmpty)
            // The first window has ended, but rows may still be late.
            world.clock.advance(by: .seconds(2800 + 599))
            for controller in controllers { try await controller.pass() }
            #expect(try await judged().isEmpty)
            world.clock.advance(by: .seconds(1))
            try await withThrowingTaskGroup { group in
                for controller in controllers { group.addTask { try await controller.pass() } }
                try await group.waitForAll()
            }
            let first = Window(start: hour, end: hour + .seconds(3600))
            #expect(try await judged() == [first])
            world.clock.advance(by: .seconds(3 * 3600))
            for controller in controllers { try await controller.pass() }
            #expect(try await judged().map(\.start) == (0...3).map { hour + .seconds($0 * 3600) })
            #expect(try await world.monitors.evaluations(of: "watch", by: world.viewer).first?.evaluatedBy == "system:monitors")
        }
    }
}
