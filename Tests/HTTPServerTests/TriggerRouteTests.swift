// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Pipelines
import TestSupport
import Testing

/// Triggers, CloudEvents sent to them, and backfills, over Dhow's own API.
@Suite struct TriggerRouteTests {
    private static let document = """
        apiVersion: dhow/v1
        kind: Pipeline
        metadata: {name: load}
        spec:
          parameters: [{name: month, default: ""}]
          steps: [{name: step, command: ["true"]}]
        """

    private func apply(_ world: World, _ trigger: JSONValue) async throws -> TriggerAnswer {
        _ = try await PipelineCatalogue(governor: world.governor).apply(Self.document, sources: [:], codeCommit: nil, by: world.amina)
        return try await world.ask(.post, "triggers", trigger, as: "amina")
    }

    private func post(
        _ world: World, _ body: String, _ headers: [(String, String)], to path: String = "triggers/hook/events",
        as person: String? = "amina"
    ) async throws -> TestResponse {
        var fields: HTTPFields = [.dhowWorkspace: "main"]
        for (name, value) in headers { fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value)) }
        if let person { fields[.authorization] = world.authorization(of: person) }
        return try await world.client.executeRequest(
            uri: "/api/v1/" + path, method: .post, headers: fields, body: ByteBuffer(string: body))
    }

    private func firing(_ response: TestResponse) throws -> TriggerFiringAnswer {
        try JSONDecoder().decode(TriggerFiringAnswer.self, from: Data(response.body.readableBytesView))
    }

    private let hook: JSONValue = [
        "name": "hook", "pipeline": "load", "http": [:], "condition": "event.type == 'data.ready'",
        "parameters": ["month": ["expression": "event.data.month"]],
    ]

    @Test("takes CloudEvents in both modes, and one of a source and id once", arguments: TestDatabase.allCases)
    func events(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await apply(world, hook)
            let attributes = [("ce-specversion", "1.0"), ("ce-type", "data.ready"), ("ce-source", "/lake%20one"), ("ce-id", "1")]
            let binary = try await post(world, #"{"month": "2024-01"}"#, attributes + [("content-type", "application/json")])
            #expect(binary.status == .accepted)
            let first = try firing(binary)
            #expect(first.execution != nil && first.state == "done")
            let structured =
                #"{"specversion": "1.0", "type": "data.ready", "source": "/lake one", "id": "1", "time": "2024-01-31T12:00:00.5Z", "data": {"month": "2024-02"}}"#
            let type = [("content-type", "application/cloudevents+json; charset=utf-8")]
            let repeated = try await post(world, structured, type)
            #expect(repeated.status == .accepted)
            #expect(try firing(repeated).execution == first.execution)
            let second = try firing(try await post(world, structured.replacing(#""id": "1""#, with: #""id": "2""#), type))
            #expect(second.execution != nil && second.execution != first.execution)
            let other = try firing(
                try await post(world, "{}", [("ce-specversion", "1.0"), ("ce-type", "x"), ("ce-source", "/lake"), ("ce-id", "3")]))
            #expect(other.execution == nil && other.reason == "condition")
            let firings: Page<TriggerFiringAnswer> = try await world.ask(.get, "triggers/hook/firings?limit=2", as: "vera")
            #expect(firings.items.count == 2 && firings.next != nil)
            let next = firings.next?.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let rest: Page<TriggerFiringAnswer> = try await world.ask(.get, "triggers/hook/firings?limit=2&after=\(next)", as: "vera")
            #expect(rest.items.count == 1)
        }
    }

    @Test("refuses what is no event, is too large, or comes from someone who may not")
    func refusals() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await apply(world, hook)
            let good = [("ce-specversion", "1.0"), ("ce-type", "data.ready"), ("ce-source", "/s"), ("ce-id", "1")]
            for missing in good.indices {
                var headers = good
                headers.remove(at: missing)
                #expect(try await post(world, "{}", headers).code == "pipelines.event.malformed")
            }
            for (body, type) in [
                ("[]", "application/cloudevents-batch+json"), ("[]", "application/cloudevents+json"),
                ("<a/>", "application/cloudevents+xml"),
                (#"{"specversion": "0.3", "id": "1", "source": "/", "type": "t"}"#, "application/cloudevents+json"),
                (#"{"specversion": "1.0", "id": 1, "source": "/", "type": "t"}"#, "application/cloudevents+json"),
                (#"{"specversion": "1.0", "id": "1", "source": "/", "type": "t", "Bad-Name": "x"}"#, "application/cloudevents+json"),
                (#"{"specversion": "1.0", "id": "1", "source": "/", "type": "t", "time": "soon"}"#, "application/cloudevents+json"),
            ] { #expect(try await post(world, body, [("content-type", type)]).status == .badRequest, "\(body) \(type)") }
            #expect(try await post(world, "{not json", good).status == .badRequest)
            #expect(try await post(world, String(repeating: "x", count: 300_000), good).status == .contentTooLarge)
            #expect(try await post(world, "{}", good, as: "vera").status == .forbidden)
            #expect(try await post(world, "{}", good, as: nil).status == .unauthorized)
            #expect(try await post(world, "{}", good, to: "triggers/none/events").code == "pipelines.trigger.unknown")
            _ = try await apply(world, ["name": "clock", "pipeline": "load", "schedule": ["cron": "@daily"]])
            #expect(try await post(world, "{}", good, to: "triggers/clock/events").code == "pipelines.trigger.not-http")
        }
    }

    @Test("applies, shows, pauses, resumes and deletes triggers", arguments: TestDatabase.allCases)
    func triggers(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let applied = try await apply(
                world, ["name": "nightly", "pipeline": "load", "schedule": ["cron": "0 3 * * *", "timeZone": "Europe/Berlin"]])
            #expect(applied.kind == "schedule" && applied.next.count == 5 && applied.generation == 1)
            #expect(applied.next.first == 1_700_013_600_000)
            // The form of before.
            let earlier: TriggerAnswer = try await world.ask(
                .post, "triggers", ApplyTriggerRequest(name: "drift", event: "drift.detected", resource: "monitor/m", pipeline: "load"),
                as: "amina")
            #expect(earlier.specification["event"] == ["verb": "drift.detected", "resource": "monitor/m"])
            let list: Page<TriggerAnswer> = try await world.ask(.get, "triggers", as: "vera")
            #expect(list.items.map(\.name) == ["drift", "nightly"])
            let none: [String: String] = [:]
            let paused: TriggerAnswer = try await world.ask(.post, "triggers/nightly/pause", none, as: "amina")
            #expect(paused.paused != nil && paused.next.isEmpty)
            let resumed: TriggerAnswer = try await world.ask(.post, "triggers/nightly/resume", none, as: "amina")
            #expect(resumed.paused == nil)
            #expect(try await world.send(.delete, "triggers/nightly", as: "vera").status == .forbidden)
            #expect(try await world.send(.delete, "triggers/nightly", as: "amina").status == .ok)
            #expect(try await world.send(.get, "triggers/nightly", as: "vera").status == .notFound)
            let never: JSONValue = ["name": "n", "pipeline": "load", "schedule": ["cron": "0 0 30 2 *"]]
            #expect(try await world.send(.post, "triggers", never, as: "amina").code == "pipelines.schedule.never")
        }
    }

    @Test("starts, shows and steers backfills", arguments: TestDatabase.allCases)
    func backfills(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await apply(world, hook)
            let started: BackfillAnswer = try await world.ask(
                .post, "backfills",
                StartBackfillRequest(pipeline: "load", parameter: "month", from: "2013-01-01", to: "2013-03-01", step: "month"), as: "amina"
            )
            #expect(started.counts == ["waiting": 3] && started.author == "user:amina")
            let first: Page<BackfillPartitionAnswer> = try await world.ask(.get, "backfills/\(started.id)/partitions?limit=2", as: "vera")
            #expect(first.items.map(\.value) == ["2013-01", "2013-02"])
            let rest: Page<BackfillPartitionAnswer> = try await world.ask(
                .get, "backfills/\(started.id)/partitions?limit=2&after=\(first.next ?? "")", as: "vera")
            #expect(rest.items.map(\.value) == ["2013-03"])
            let none: [String: String] = [:]
            for (verb, state) in [("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")] {
                let answer: BackfillAnswer = try await world.ask(.post, "backfills/\(started.id)/\(verb)", none, as: "amina")
                #expect(answer.state == state)
            }
            let list: Page<BackfillAnswer> = try await world.ask(.get, "backfills", as: "vera")
            #expect(list.items.map(\.id) == [started.id])
            for body in [
                StartBackfillRequest(pipeline: "load", parameter: "month"),
                StartBackfillRequest(pipeline: "load", parameter: "month", from: "2013-01-01", to: "2013-02-01", step: "year"),
                StartBackfillRequest(pipeline: "load", parameter: "month", values: ["a"], concurrency: 1000),
            ] { #expect(try await world.send(.post, "backfills", body, as: "amina").status == .badRequest) }
        }
    }
}
