// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing

@Suite("Webhooks")
struct WebhookTests {
    @Test("are made, changed and deleted, each with its ledger entry, and never show their secret", arguments: TestDatabase.allCases)
    func life(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let made = try await world.newWebhook(secret: "s3cret")
            #expect(made.isSigned)
            let shown = try await world.webhooks.webhook(made.id, by: world.caller)
            #expect(shown == made)
            let changed = try await world.webhooks.update(
                made.id, WebhookChanges(description: "for the chat", events: ["rollout.*"], secret: ""), by: world.caller)
            #expect((changed.description, changed.isSigned) == ("for the chat", false))
            #expect(changed.events == ["rollout.*"])
            let listed = try await world.webhooks.list(limit: 10, by: world.caller)
            #expect(listed == [changed])
            let elsewhere = try await world.webhooks.list(limit: 10, by: .controller("tests", in: "other"))
            #expect(elsewhere.isEmpty)
            try await world.webhooks.delete(made.id, by: world.caller)
            let problem = await #expect(throws: Problem.self) { try await world.webhooks.webhook(made.id, by: world.caller) }
            #expect(problem?.kind == .notFound)
            let entries = try await world.governor.database.read {
                try $0.rows("SELECT verb, payload FROM ledger_entry ORDER BY id").map { row in
                    (try row["verb"] as String, try row["payload"] as String)
                }
            }
            #expect(entries.map(\.0) == ["webhook.created", "webhook.updated", "webhook.deleted"])
            #expect(!entries.contains { $0.1.contains("s3cret") })
        }
    }

    @Test("keep their secret sealed", arguments: TestDatabase.allCases)
    func sealing(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            _ = try await world.newWebhook(secret: "s3cret")
            let kept: [UInt8]? = try await world.governor.database.read { try $0.row("SELECT secret FROM webhook")?["secret"] }
            let text = String(decoding: try #require(kept), as: UTF8.self)
            #expect(!text.contains("s3cret"))
        }
    }

    @Test("are refused without events, with unknown ones, and for addresses that nothing is sent to", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            for new in [
                NewWebhook(name: "a", url: "https://hooks.example.org/", events: []),
                NewWebhook(name: "a", url: "https://hooks.example.org/", events: ["Nonsense"]),
                NewWebhook(name: "a", url: "http://127.0.0.1/", events: ["*"]), NewWebhook(name: "a", url: "ftp://x/", events: ["*"]),
                NewWebhook(name: "a/b", url: "https://hooks.example.org/", events: ["*"]),
                NewWebhook(name: "a", url: "https://hooks.example.org/", events: ["*"], format: "carrier-pigeon"),
                NewWebhook(name: "a", url: "https://hooks.example.org/", events: (0...50).map { "noun\($0).verb" }),
            ] {
                let problem = await #expect(throws: Problem.self) { try await world.webhooks.create(new, by: world.caller) }
                #expect(problem?.kind == .invalid)
            }
        }
    }

    @Test("are for operators and administrators", arguments: TestDatabase.allCases)
    func permission(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let editor = Session(principal: Principal(name: "amina", kind: .user), tokenID: nil, roles: ["default": [.editor]])
            let amina = Caller(session: editor, workspace: "default")
            let problem = await #expect(throws: Problem.self) {
                try await world.webhooks.create(NewWebhook(name: "a", url: "https://hooks.example.org/", events: ["*"]), by: amina)
            }
            #expect(problem?.kind == .forbidden)
            await #expect(throws: Problem.self) { try await world.webhooks.list(limit: 10, by: amina) }
        }
    }

    @Test("are tested by the way that deliveries take", arguments: TestDatabase.allCases)
    func testing(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let webhook = try await world.newWebhook(["rollout.*"], secret: "s3cret")
            let test = try await world.webhooks.test(webhook.id, by: world.caller)
            #expect(test == WebhookTest(isSuccess: true, status: 200, answer: "thanks"))
            let request = try #require(world.receiver.requests.last)
            #expect(request.url.text == webhook.url)
            let signature = WebhookSender.signature(
                of: request.text, id: try #require(request.header("webhook-id")),
                seconds: try #require(request.header("webhook-timestamp")),
                key: Array("s3cret".utf8))
            #expect(request.header("webhook-signature") == signature)
            world.receiver.answer(500)
            let failed = try await world.webhooks.test(webhook.id, event: "version.registered", by: world.caller)
            #expect((failed.isSuccess, failed.status) == (false, 500))
            world.receiver.answer(nil)
            let unreachable = try await world.webhooks.test(webhook.id, by: world.caller)
            #expect((unreachable.isSuccess, unreachable.error) == (false, "Nobody is there."))
        }
    }
}
