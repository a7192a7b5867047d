// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Synchronization
import TestSupport

/// Webhooks over a fresh database, with a receiver that answers as it is told and a clock moved by hand.
struct World: Sendable {
    let governor: Governor
    let clock: HandClock
    let receiver: Receiver
    let sender: WebhookSender
    let caller = Caller.controller("tests", in: "default")

    var webhooks: Webhooks { Webhooks(governor: governor, sender: sender) }

    static func with(_ engine: TestDatabase, _ body: (World) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "webhooks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await engine.withDatabase([GovernanceMigrations.list, LedgerMigrations.list, WebhookMigrations.list]) { database in
            let clock = HandClock()
            let vault = try KeyFileVault(path: folder.appending(path: "keys.json").path, clock: clock)
            let receiver = Receiver()
            try await body(
                World(
                    governor: Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock)), clock: clock,
                    receiver: receiver, sender: WebhookSender(formats: WebhookFormats(), vault: vault, egress: receiver)))
        }
    }

    func dispatcher(givenUp: @escaping @Sendable (WebhookDelivery) -> Void = { _ in }) -> WebhookDispatcher {
        WebhookDispatcher(governor: governor, sender: sender, jitter: { 1 }, givenUp: givenUp)
    }

    func newWebhook(_ events: [String] = ["version.registered"], secret: String? = nil) async throws -> Webhook {
        try await webhooks.create(
            NewWebhook(name: "hook", url: "https://hooks.example.org/a", events: events, secret: secret), by: caller)
    }

    /// A ledger entry with its place in the tree, as listeners see it.
    func happen(_ verb: String, on resource: String = "model/flights/1", in workspace: String = "default") async throws {
        _ = try await governor.change(.registryWrite, by: .controller("tests", in: workspace)) { change in
            try change.record(verb, on: resource, ["number": 1])
            return Nothing()
        }
        _ = try await LedgerSequencer(database: governor.database).sequence()
    }

    func deliveries(of webhook: Webhook, _ state: WebhookDelivery.State? = nil) async throws -> [WebhookDelivery] {
        try await webhooks.deliveries(of: webhook.id, state: state, limit: 100, by: caller)
    }
}

/// Answers with the given status, 200 until told otherwise, and remembers what it got.
final class Receiver: EgressClient {
    private struct State {
        var status: Int? = 200
        var requests: [EgressRequest] = []
    }

    private let state = Mutex(State())

    var requests: [EgressRequest] { state.withLock { $0.requests } }

    /// Nil makes it unreachable.
    func answer(_ status: Int?) {
        state.withLock { $0.status = status }
    }

    func check(_ url: EgressURL) async throws {
        if url.host == "127.0.0.1" { throw Problem(.invalid, "egress.address.refused", "Not there.") }
    }

    func send(_ request: EgressRequest) async throws -> EgressAnswer {
        try await check(request.url)
        let status = state.withLock { state in
            state.requests.append(request)
            return state.status
        }
        guard let status else { throw Problem(.unavailable, "egress.receiver.unreachable", "Nobody is there.") }
        return EgressAnswer(status: status, body: Array("thanks".utf8))
    }
}

extension EgressRequest {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    var text: String { String(decoding: body, as: UTF8.self) }
}

final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
    func move(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}
