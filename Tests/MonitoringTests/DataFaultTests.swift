// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Monitoring
import TestSupport
import Testing

@Suite("Data faults, on a year of New York weather")
struct DataFaultTests {
    private let features = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    private let weather: [Int: [[String: JSONValue]]]

    init() throws {
        var weather: [Int: [[String: JSONValue]]] = [:]
        for row in try GoldenFile.rows(of: "weather.csv") {
            let inputs = features.map { ($0, row[$0].flatMap(Double.init).map { JSONValue.number($0) } ?? .null) }
            weather[Int(row["month"] ?? "") ?? 0, default: []].append(Dictionary(uniqueKeysWithValues: inputs))
        }
        #expect(weather.count == 12)
        self.weather = weather
    }

    private func answers(_ month: Int, celsius: Bool = false, revision: Int = 1) -> [World.Answer] {
        (weather[month] ?? []).enumerated().map { index, inputs in
            var inputs = inputs
            if celsius, let value = inputs["temp"]?.double { inputs["temp"] = .number(((value - 32) / 1.8 * 100).rounded() / 100) }
            return World.Answer(inputs: inputs, score: 0.05 + 0.1 * Double(index % 10), revision: revision)
        }
    }

    private func start(_ world: World, months: ClosedRange<Int>) async throws {
        _ = try await world.monitors.apply(
            MonitorSpecification(
                name: "weather", endpoint: World.endpoint, features: features.map { MonitoredFeature($0, .number) }, label: nil),
            by: world.amina)
        for month in months { try await world.log(answers(month), in: World.window(month), prefix: "month-\(month)") }
        _ = try await world.monitors.rebase(
            "weather", model: "flights", version: 1, fromWindow: World.window(months.lowerBound), by: world.amina)
    }

    @Test("no month of a whole year is taken for a fault, however far its temperature drifts", arguments: TestDatabase.allCases)
    func ordinaryYear(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, months: 1...12)
            for month in 2...12 {
                let evaluation = try await world.monitors.evaluate("weather", World.window(month), by: world.amina)
                #expect(evaluation.findings.faults.isEmpty, "month \(month): \(evaluation.findings.faults)")
                #expect([.healthy, .drifted].contains(evaluation.verdict) && !evaluation.retrainBlocked)
                if month == 7 { #expect(evaluation.findings.features.first?.level == .critical) }
            }
            #expect(try await world.incidents.incidents(by: world.viewer).isEmpty)
        }
    }

    @Test("a month in Celsius is a fault that blocks retraining until a person closes its incident", arguments: TestDatabase.allCases)
    func celsius(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, months: 3...4)
            try await world.log(answers(5, celsius: true), in: World.window(5), prefix: "month-5")
            try await world.log(answers(6, celsius: true), in: World.window(6), prefix: "month-6")
            try await world.log(answers(7), in: World.window(7), prefix: "month-7")
            _ = try await world.monitors.evaluate("weather", World.window(4), by: world.amina)

            let may = try await world.monitors.evaluate("weather", World.window(5), by: world.amina)
            #expect(may.verdict == .faulty && may.retrainBlocked)
            #expect(may.findings.faults.map(\.feature) == ["temp"])
            #expect(may.findings.faults.first?.conversion == "°F to °C" && may.findings.faults.first?.kind == .unitChange)
            let told = try await world.verbs()
            #expect(told.suffix(3) == ["monitor.evaluated", "data.faulted", "incident.opened"])
            _ = try await world.monitors.evaluate("weather", World.window(5), by: world.amina)
            #expect(try await world.verbs() == told + ["monitor.evaluated"])

            // A second month in Celsius is like the first, but not like the first in its former unit.
            let june = try await world.monitors.evaluate("weather", World.window(6), by: world.amina)
            #expect(june.verdict == .faulty && june.findings.faults.first?.conversion == "°F to °C", "\(june.findings.reasons)")
            #expect(try await world.verbs().suffix(2) == ["monitor.evaluated", "data.faulted"])

            let open = try await world.incidents.open(endpoint: World.endpoint, by: world.viewer)
            #expect(open.count == 1 && open.first?.window == World.window(5) && open.first?.evaluation == may.id)
            let id = try #require(open.first?.id)
            let inside = try await world.database.read {
                try Incidents.open(endpoint: World.endpoint, workspace: World.workspace, in: $0)
            }
            #expect(inside == open)

            let july = try await world.monitors.evaluate("weather", World.window(7), by: world.amina)
            #expect(july.verdict != .faulty && july.retrainBlocked, "\(july.findings.reasons)")

            let closed = try await world.incidents.close(id, note: "The station was mended.", by: world.amina)
            #expect(closed.resolution == .repaired && closed.closedBy == "user:amina")
            #expect(try await world.incidents.open(endpoint: World.endpoint, by: world.viewer).isEmpty)
            #expect(try await world.verbs().last == "incident.closed")
            #expect(
                try await code { _ = try await world.incidents.close(id, note: "Again.", by: world.amina) } == "monitoring.incident.closed")
            #expect(try await world.incidents.incidents(IncidentFilter(isOpen: false), by: world.viewer).map(\.id) == [id])
            #expect(try await !world.monitors.evaluate("weather", World.window(7), by: world.amina).retrainBlocked)
        }
    }

    @Test("whichever two months come in Celsius, both are faults and the month after is none", arguments: 2...10)
    func everyMonth(turned: Int) async throws {
        try await World.run(on: .sqlite) { world in
            try await start(world, months: turned - 1...turned - 1)
            try await world.log(answers(turned, celsius: true), in: World.window(turned), prefix: "first")
            try await world.log(answers(turned + 1, celsius: true), in: World.window(turned + 1), prefix: "second")
            try await world.log(answers(turned + 2), in: World.window(turned + 2), prefix: "mended")
            for month in turned...turned + 2 {
                let evaluation = try await world.monitors.evaluate("weather", World.window(month), by: world.amina)
                #expect((evaluation.verdict == .faulty) == (month < turned + 2), "month \(month): \(evaluation.findings.faults)")
            }
        }
    }

    @Test("a new unit that a person accepts is no fault in the months after", arguments: TestDatabase.allCases)
    func accepted(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, months: 3...4)
            try await world.log(answers(5, celsius: true), in: World.window(5), prefix: "month-5")
            try await world.log(answers(6, celsius: true), in: World.window(6), prefix: "month-6")
            #expect(try await world.monitors.evaluate("weather", World.window(5), by: world.amina).verdict == .faulty)
            let id = try #require(try await world.incidents.open(endpoint: World.endpoint, by: world.viewer).first?.id)
            _ = try await world.incidents.close(id, note: "Celsius from now on.", resolution: .accepted, by: world.amina)
            let june = try await world.monitors.evaluate("weather", World.window(6), by: world.amina)
            #expect(june.verdict == .drifted && june.earlierWindow == World.window(5), "\(june.findings.reasons)")
        }
    }

    @Test("a fault hides a breach: broken data never propose a retraining", arguments: TestDatabase.allCases)
    func faultWins(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, months: 4...4)
            var broken = answers(5, celsius: true)
            for index in broken.indices { broken[index].score = 0.95 }
            try await world.log(broken, in: World.window(5), prefix: "month-5")
            let evaluation = try await world.monitors.evaluate("weather", World.window(5), by: world.amina)
            #expect(evaluation.verdict == .faulty && evaluation.retrainBlocked && evaluation.findings.score?.hasDrifted == true)
            #expect(try await !world.verbs().contains("performance.breached"))
        }
    }

    @Test("values that go missing and categories never seen are faults", arguments: TestDatabase.allCases)
    func otherFaults(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let specification = MonitorSpecification(
                name: "weather", endpoint: World.endpoint,
                features: [MonitoredFeature("temp", .number), MonitoredFeature("origin", .category)],
                label: nil)
            _ = try await world.monitors.apply(specification, by: world.amina)
            func answers(nullEvery: Int, code: String) -> [World.Answer] {
                (0..<600).map { index in
                    World.Answer(
                        inputs: [
                            "temp": index % nullEvery == 0 ? .null : .number(Double(index % 40)),
                            "origin": .string(["EWR", "JFK", "LGA"][index % 3] + code),
                        ], score: 0.05 + 0.1 * Double(index % 10))
                }
            }
            try await world.log(answers(nullEvery: 20, code: ""), in: World.window(0), prefix: "w0")
            try await world.log(answers(nullEvery: 3, code: ""), in: World.window(1), prefix: "w1")
            try await world.log(answers(nullEvery: 20, code: "-NY"), in: World.window(2), prefix: "w2")
            _ = try await world.monitors.rebase("weather", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
            let nulls = try await world.monitors.evaluate("weather", World.window(1), by: world.amina)
            #expect(nulls.findings.faults.map(\.kind) == [.nullBreak] && nulls.findings.faults.map(\.feature) == ["temp"])
            let codes = try await world.monitors.evaluate("weather", World.window(2), by: world.amina)
            #expect(codes.findings.faults.map(\.kind) == [.newEncoding] && codes.findings.faults.map(\.feature) == ["origin"])
        }
    }
}
