// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Synchronization
import TestSupport
import Testing

@Suite("Deliveries")
struct DeliveryTests {
    @Test("tell of what concerns them and came after them, once each", arguments: TestDatabase.allCases)
    func choice(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.happen("version.registered", on: "model/early/1")
            world.clock.move(by: .seconds(1))
            let webhook = try await world.newWebhook()
            world.clock.move(by: .seconds(1))
            let everything = try await world.newWebhook(["*"])
            try await world.happen("version.registered")
            try await world.happen("alias.set")
            try await world.happen("version.registered", in: "other")
            let dispatcher = world.dispatcher()
            _ = try await dispatcher.pass()
            _ = try await world.dispatcher().pass()
            let deliveries = try await world.deliveries(of: webhook)
            #expect(deliveries.map(\.event) == ["version.registered"])
            #expect(deliveries.map(\.state) == [.delivered])
            // Also of the entry of its own making.
            let others = try await world.deliveries(of: everything)
            #expect(others.map(\.event) == ["alias.set", "version.registered", "webhook.created"])
            let request = try #require(world.receiver.requests.first { $0.text.contains("model/flights/1") })
            let event = try JSONDecoder().decode(JSONValue.self, from: Data(request.body))
            #expect(event["specversion"] == "1.0")
            #expect(event["type"] == "version.registered")
            #expect(event["subject"] == "model/flights/1")
            #expect(event["source"] == "/workspaces/default")
            #expect(event["time"]?.text == "2023-11-14T22:13:22.000Z")
            #expect(event["data"]?["details"]?["number"] == 1)
            #expect(request.header("Content-Type") == "application/cloudevents+json")
        }
    }

    @Test("that failed come again with the same id, after longer and longer waits", arguments: TestDatabase.allCases)
    func retrying(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let webhook = try await world.newWebhook()
            try await world.happen("version.registered")
            let dispatcher = world.dispatcher()
            world.receiver.answer(503)
            #expect(try await dispatcher.pass() == 1)
            #expect(try await dispatcher.pass() == 0)
            world.clock.move(by: .seconds(1))
            world.receiver.answer(nil)
            #expect(try await dispatcher.pass() == 1)
            world.clock.move(by: .milliseconds(1999))
            #expect(try await dispatcher.pass() == 0)
            let waiting = try await world.deliveries(of: webhook, .pending)
            #expect(waiting.map(\.attempts) == [2])
            #expect(waiting.map(\.error) == ["Nobody is there."])
            world.clock.move(by: .milliseconds(1))
            world.receiver.answer(204)
            #expect(try await dispatcher.pass() == 1)
            let done = try await world.deliveries(of: webhook)
            #expect(done.map(\.state) == [.delivered])
            #expect(done.map(\.status) == [204])
            let ids = Set(world.receiver.requests.map { $0.header("webhook-id") })
            #expect(ids == [done[0].id])
        }
    }

    @Test("are given up after sixteen attempts, kept, and sent again when someone says so", arguments: TestDatabase.allCases)
    func givingUp(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let webhook = try await world.newWebhook()
            try await world.happen("version.registered")
            let given = Mutex<[String]>([])
            let dispatcher = world.dispatcher { delivery in given.withLock { $0.append(delivery.webhook) } }
            world.receiver.answer(500)
            for _ in 0..<20 {
                _ = try await dispatcher.pass()
                world.clock.move(by: WebhookRetry.longestWait)
            }
            #expect(world.receiver.requests.count == WebhookRetry.maximumAttempts)
            #expect(given.withLock { $0 } == [webhook.id])
            let dead = try #require(try await world.deliveries(of: webhook, .dead).first)
            #expect(dead.status == 500)
            world.receiver.answer(200)
            _ = try await world.webhooks.redeliver(dead.id, of: webhook.id, by: world.caller)
            #expect(try await dispatcher.pass() == 1)
            #expect(try await world.deliveries(of: webhook, .dead).isEmpty)
            await #expect(throws: Problem.self) { try await world.webhooks.redeliver(dead.id, of: webhook.id, by: world.caller) }
        }
    }

    @Test("that the receiver refuses are given up at once", arguments: TestDatabase.allCases)
    func refusal(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let webhook = try await world.newWebhook()
            try await world.happen("version.registered")
            world.receiver.answer(410)
            #expect(try await world.dispatcher().pass() == 1)
            let dead = try await world.deliveries(of: webhook, .dead)
            #expect(dead.map(\.attempts) == [1])
        }
    }

    @Test("of a claimant that died are claimed again when its lease ends", arguments: TestDatabase.allCases)
    func lease(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let webhook = try await world.newWebhook()
            try await world.happen("version.registered")
            try await WebhookListener(governor: world.governor, formats: WebhookFormats()).pass()
            // As a claim leaves it.
            let until = world.clock.now() + WebhookDispatcher.lease
            try await world.governor.database.write { transaction in
                _ = try transaction.execute("UPDATE webhook_delivery SET attempts = 1, due = ?", until)
            }
            #expect(try await world.dispatcher().pass() == 0)
            world.clock.move(by: WebhookDispatcher.lease)
            #expect(try await world.dispatcher().pass() == 1)
            let done = try await world.deliveries(of: webhook, .delivered)
            #expect(done.map(\.attempts) == [2])
        }
    }

    @Test("go to one webhook a few at a time, so that others have their turn", arguments: TestDatabase.allCases)
    func fairness(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            _ = try await world.newWebhook()
            for number in 1...6 { try await world.happen("version.registered", on: "model/flights/\(number)") }
            let second = try await world.newWebhook(["alias.set"])
            try await world.happen("alias.set")
            #expect(try await world.dispatcher().pass() == WebhookDispatcher.maximumAtOncePerWebhook + 1)
            #expect(try await world.deliveries(of: second, .delivered).count == 1)
            #expect(try await world.dispatcher().pass() == 2)
        }
    }

    @Test("stop with a webhook that is disabled, and go with one that is deleted", arguments: TestDatabase.allCases)
    func disabling(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let webhook = try await world.newWebhook()
            try await world.happen("version.registered")
            world.receiver.answer(500)
            let dispatcher = world.dispatcher()
            _ = try await dispatcher.pass()
            _ = try await world.webhooks.update(webhook.id, WebhookChanges(status: .disabled), by: world.caller)
            world.clock.move(by: .seconds(60))
            try await world.happen("version.registered", on: "model/flights/2")
            #expect(try await dispatcher.pass() == 0)
            let dead = try await world.deliveries(of: webhook)
            #expect(dead.map(\.error) == ["The webhook was disabled."])
            try await world.webhooks.delete(webhook.id, by: world.caller)
            let left: Int? = try await world.governor.database.read {
                try $0.row("SELECT COUNT(*) AS number FROM webhook_delivery")?["number"]
            }
            #expect(left == 0)
        }
    }

    @Test("are forgotten thirty days after they ended", arguments: TestDatabase.allCases)
    func forgetting(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let webhook = try await world.newWebhook()
            try await world.happen("version.registered")
            let dispatcher = world.dispatcher()
            _ = try await dispatcher.pass()
            world.clock.move(by: WebhookDispatcher.retention)
            try await dispatcher.forgetOld()
            #expect(try await world.deliveries(of: webhook).count == 1)
            world.clock.move(by: .seconds(1))
            try await dispatcher.forgetOld()
            #expect(try await world.deliveries(of: webhook).isEmpty)
        }
    }
}
