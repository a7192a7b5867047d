// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization

/// Claims deliveries that are due, sends them, and writes down what came of it. Several may run; a delivery whose claimant has died
/// is claimed again when its lease ends, so a receiver may get it twice, with the same id.
package struct WebhookDispatcher: Sendable {
    /// Longer than a request may take.
    package static let lease = Duration.seconds(60)
    /// Requests at once, and to one webhook.
    package static let maximumAtOnce = 16
    package static let maximumAtOncePerWebhook = 4
    /// How long ended deliveries are kept.
    package static let retention = Duration.seconds(30 * 24 * 3600)
    private static let interval = Duration.seconds(1)
    /// An entry can be read a little after its commit, when it has its place in the ledger.
    private static let lag = Duration.milliseconds(100)

    private let governor: Governor
    private let listener: WebhookListener
    private let sender: WebhookSender
    private let clock: any Clock<Duration>
    private let jitter: @Sendable () -> Double
    private let report: @Sendable (any Error) -> Void
    private let given: @Sendable (WebhookDelivery) -> Void
    private let running = RunningDeliveries()
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - report: Receives what a pass failed with; the next one tries again.
    ///   - given: Receives each delivery that is given up.
    package init(
        governor: Governor, sender: WebhookSender, clock: any Clock<Duration> = ContinuousClock(),
        jitter: @escaping @Sendable () -> Double = { .random(in: 0.5...1) }, report: @escaping @Sendable (any Error) -> Void = { _ in },
        givenUp given: @escaping @Sendable (WebhookDelivery) -> Void = { _ in }
    ) {
        self.governor = governor
        self.sender = sender
        self.clock = clock
        self.jitter = jitter
        self.report = report
        self.given = given
        listener = WebhookListener(governor: governor, formats: sender.formats)
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let waker = waker
        governor.onCommit { waker.yield() }
    }

    /// Until cancelled; once. Looks after commits of this process, and every second for what others did and what has become due.
    package func run() async {
        waker.yield()
        await withDiscardingTaskGroup { group in
            group.addTask { [clock, waker] in
                while !Task.isCancelled {
                    do { try await clock.sleep(for: Self.interval) } catch { return }
                    waker.yield()
                }
            }
            for await _ in wakes {
                do {
                    try await clock.sleep(for: Self.lag)
                    try await listener.pass()
                    for (delivery, webhook) in try await claim() {
                        group.addTask {
                            await attempt(delivery, to: webhook)
                            waker.yield()
                        }
                    }
                } catch {
                    if !(error is CancellationError) { report(error) }
                }
            }
            group.cancelAll()
        }
    }

    /// Listens, and makes one attempt of what is due, as much as is done at once.
    ///
    /// - Returns: How many attempts were made.
    package func pass() async throws -> Int {
        try await listener.pass()
        let claimed = try await claim()
        await withDiscardingTaskGroup { group in
            for (delivery, webhook) in claimed { group.addTask { await attempt(delivery, to: webhook) } }
        }
        return claimed.count
    }

    /// Forgets deliveries that ended long ago.
    package func forgetOld() async throws {
        let limit = governor.clock.now() - Self.retention
        var count: Int
        repeat {
            count = try await governor.database.write { try WebhookDeliveryTable(transaction: $0).forget(endedBefore: limit, limit: 1_000) }
        } while count == 1_000
    }

    /// Reads along the index of what is due, past what belongs to webhooks that have their share already.
    private func claim() async throws -> [(WebhookDelivery, StoredWebhook)] {
        let now = governor.clock.now()
        let counts = running.counts
        let room = Self.maximumAtOnce - counts.values.reduce(0, +)
        guard room > 0, try await governor.database.read({ try WebhookDeliveryTable(transaction: $0).hasDue(at: now) }) else { return [] }
        let busy = counts.filter { $0.value >= Self.maximumAtOncePerWebhook }.map(\.key)
        let claimed = try await governor.database.write(locking: "webhook deliveries") { transaction in
            let table = WebhookDeliveryTable(transaction: transaction)
            var counts = counts
            var chosen: [WebhookDelivery] = []
            for var delivery in try table.due(at: now, except: busy, limit: 4 * Self.maximumAtOnce) where chosen.count < room {
                guard counts[delivery.webhook, default: 0] < Self.maximumAtOncePerWebhook else { continue }
                counts[delivery.webhook, default: 0] += 1
                try table.begin(delivery, until: now + Self.lease)
                delivery.attempts += 1
                chosen.append(delivery)
            }
            let webhooks = try WebhookTable(transaction: transaction).find(Array(Set(chosen.map(\.webhook))))
            let byID = Dictionary(uniqueKeysWithValues: webhooks.map { ($0.webhook.id, $0) })
            return chosen.compactMap { delivery in byID[delivery.webhook].map { (delivery, $0) } }
        }
        for (delivery, _) in claimed { running.add(delivery.webhook) }
        return claimed
    }

    private func attempt(_ delivery: WebhookDelivery, to webhook: StoredWebhook) async {
        defer { running.remove(delivery.webhook) }
        do {
            try await settle(delivery, try await outcome(of: delivery, webhook))
        } catch {
            // The lease ends, and another attempt is made.
            if !(error is CancellationError) { report(error) }
        }
    }

    private func outcome(of delivery: WebhookDelivery, _ webhook: StoredWebhook) async throws -> WebhookOutcome {
        do {
            let answer = try await sender.send(delivery.body, id: delivery.id, to: webhook, at: governor.clock.now())
            return WebhookOutcome(status: answer.status)
        } catch let problem as Problem where problem.kind == .invalid {
            return .refused(status: nil, error: problem.description)
        } catch let problem as Problem {
            return .failed(status: nil, error: problem.description)
        }
    }

    private func settle(_ delivery: WebhookDelivery, _ outcome: WebhookOutcome) async throws {
        let now = governor.clock.now()
        var next: (state: WebhookDelivery.State, due: Timestamp, status: Int?, error: String?)
        switch outcome {
        case .delivered(let status): next = (.delivered, now, status, nil)
        case .refused(let status, let error): next = (.dead, now, status, error)
        case .failed(let status, let error):
            if let wait = WebhookRetry.wait(after: delivery.attempts, jitter: jitter()) {
                next = (.pending, now + wait, status, error)
            } else {
                next = (.dead, now, status, error)
            }
        }
        let settled = next
        try await governor.database.write { transaction in
            try WebhookDeliveryTable(transaction: transaction).settle(
                delivery, as: settled.state, due: settled.due, status: settled.status, error: settled.error, at: now)
        }
        if settled.state == .dead {
            var dead = delivery
            (dead.state, dead.status, dead.error) = (.dead, settled.status, settled.error)
            given(dead)
        }
    }
}

/// How many attempts run in this process, by webhook.
private final class RunningDeliveries: Sendable {
    private let state = Mutex<[String: Int]>([:])

    var counts: [String: Int] { state.withLock { $0 } }

    func add(_ webhook: String) {
        state.withLock { $0[webhook, default: 0] += 1 }
    }

    func remove(_ webhook: String) {
        state.withLock { state in
            let count = state[webhook, default: 1] - 1
            state[webhook] = count == 0 ? nil : count
        }
    }
}
