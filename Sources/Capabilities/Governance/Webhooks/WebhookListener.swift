// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Reads the ledger and writes down what each webhook is to be sent: position and deliveries commit together, so that an entry causes
/// one delivery for each webhook that it concerns, however many listeners there are and however often they begin again.
package struct WebhookListener: Sendable {
    /// Deliveries of one webhook that may wait; what comes beyond is given up at once.
    package static let maximumBacklog = 10_000
    private static let consumer = "webhooks"
    private static let batch = 200
    /// Entries passed over at once while no webhook is active.
    private static let stride: Int64 = 1_000
    private let governor: Governor
    private let formats: WebhookFormats

    package init(governor: Governor, formats: WebhookFormats) {
        self.governor = governor
        self.formats = formats
    }

    /// Deals with the entries that came since the last call. A batch costs its entries times the active webhooks of their workspaces;
    /// without active webhooks nothing is written but, rarely, the position.
    package func pass() async throws {
        while try await hasWork(), try await step() {}
    }

    private func hasWork() async throws -> Bool {
        try await governor.database.read { transaction in
            let position = try ConsumerPosition(of: Self.consumer, in: transaction).current() ?? -1
            let reader = LedgerReader(transaction: transaction)
            guard try WebhookTable(transaction: transaction).hasActive() else { return try reader.size() - position > Self.stride }
            return try !reader.entries(after: position, limit: 1).isEmpty
        }
    }

    /// - Returns: Whether there may be more.
    private func step() async throws -> Bool {
        let now = governor.clock.now()
        return try await governor.database.write(locking: "webhook listener") { transaction in
            let position = ConsumerPosition(of: Self.consumer, in: transaction)
            let reader = LedgerReader(transaction: transaction)
            let webhooks = WebhookTable(transaction: transaction)
            // Webhooks hear only of what came after them: with none, nothing up to here concerns any.
            guard try webhooks.hasActive() else {
                try position.move(to: try reader.size() - 1)
                return false
            }
            let entries = try reader.entries(after: try position.current() ?? -1, limit: Self.batch)
            guard let last = entries.last else { return false }
            var known: [String: [Webhook]] = [:]
            var waiting: [String: Int] = [:]
            for entry in entries.map(\.entry) {
                let concerned = try known[entry.workspace] ?? webhooks.active(in: entry.workspace)
                known[entry.workspace] = concerned
                for webhook in concerned where entry.time >= webhook.created {
                    try write(entry, for: webhook, waiting: &waiting, at: now, in: transaction)
                }
            }
            try position.move(to: last.seq)
            return entries.count == Self.batch
        }
    }

    private func write(
        _ entry: LedgerEntry, for webhook: Webhook, waiting: inout [String: Int], at now: Timestamp, in transaction: any Transaction
    ) throws {
        guard let format = try? formats.named(webhook.format),
            let message = try format.message(about: entry, for: Set(webhook.events), in: transaction)
        else { return }
        let table = WebhookDeliveryTable(transaction: transaction)
        let count = try waiting[webhook.id] ?? table.pending(of: webhook.id, upTo: Self.maximumBacklog)
        let isFull = count >= Self.maximumBacklog
        waiting[webhook.id] = count + 1
        try table.insert(
            WebhookDelivery(
                id: governor.identifiers.next(), webhook: webhook.id, entry: entry.id, event: message.event, body: message.body,
                state: isFull ? .dead : .pending, attempts: 0, due: now, status: nil,
                error: isFull ? "\(Self.maximumBacklog) deliveries were waiting already." : nil, created: now, ended: isFull ? now : nil))
    }
}
