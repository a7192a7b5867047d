// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Pipelines
import Testing

@Suite("Specifications of triggers")
struct TriggerSpecificationTests {
    @Test("read what they write, of every kind")
    func roundTrip() throws {
        let sources: [TriggerSource] = [
            .schedule(ScheduleSource(cron: "0 3 * * *", timeZone: "Europe/Berlin", missed: .all, cap: 3)),
            .event(LedgerSource(verb: "gate.passed", resource: "model/m")), .http(HTTPSource(type: "x")),
            .files(FileSource(root: "drop", folder: "a/b", pattern: "*.csv")),
        ]
        for source in sources {
            let full = TriggerSpecification(
                name: "t", pipeline: "p", source: source, condition: "true",
                parameters: ["a": .value(1), "b": .expression("event.id"), "c": "text"], key: "event.id",
                debounce: Debounce(quietSeconds: 1, longestWaitSeconds: 2, minimumIntervalSeconds: 3, maximumPending: 4), budgetPerDay: 5,
                concurrency: TriggerConcurrency(policy: .queue, limit: 2), maximumDepth: 3)
            for one in [full, TriggerSpecification(name: "t", pipeline: "p", source: source)] {
                let value = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(one))
                #expect(try TriggerSpecification.read(value) == one)
            }
        }
    }

    @Test("still read the form of before there were kinds")
    func earlier() throws {
        let value: JSONValue = [
            "name": "t", "event": "performance.breached", "resource": "monitor/m", "pipeline": "p", "parameters": ["a": "b"],
        ]
        let read = try TriggerSpecification.read(value)
        #expect(read.source == .event(LedgerSource(verb: "performance.breached", resource: "monitor/m")))
        #expect(read.parameters == ["a": "b"])
    }

    @Test("refuse fields that they do not have, and anything but one source")
    func refused() throws {
        let cases: [(JSONValue, String)] = [
            (["name": "t", "pipeline": "p", "http": [:], "shedule": "x"], "pipelines.field.unknown"),
            (["name": "t", "pipeline": "p", "schedule": ["cron": "* * * * *", "timezone": "UTC"]], "pipelines.field.unknown"),
            (["name": "t", "pipeline": "p", "http": [:], "debounce": ["quiet": 1]], "pipelines.field.unknown"),
            (["name": "t", "pipeline": "p"], "pipelines.trigger.source"),
            (["name": "t", "pipeline": "p", "http": [:], "event": "a.b"], "pipelines.trigger.source"),
            (["name": "t", "pipeline": "p", "schedule": ["timeZone": "UTC"]], "pipelines.trigger.malformed"),
            (["name": "t", "pipeline": "p", "schedule": ["cron": "* * * * *", "missed": "some"]], "pipelines.trigger.malformed"),
            (["name": "t", "pipeline": 1, "http": [:]], "pipelines.trigger.malformed"), ([1], "pipelines.trigger.malformed"),
        ]
        for (value, code) in cases {
            let problem = #expect(throws: Problem.self) { try TriggerSpecification.read(value) }
            #expect(problem?.code == code, "\(value)")
        }
    }
}
