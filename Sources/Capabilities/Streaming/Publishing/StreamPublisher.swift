// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Sends what concerns a stream out of the ledger: first sends, then stores how far it is. What was sent before a crash and not stored is
/// sent again with the same ids, in the same order; nothing is left out.
struct StreamPublisher: Sendable {
    /// Under which name its position is kept.
    static let part = "ledger"
    static let batch = 200

    let workspace: String
    let stream: EventStream

    /// The next entries of the workspace with those events that concern the stream.
    struct Work: Sendable {
        var last: Int64
        var events: [(place: String, event: SinkEvent)]
        var isFull: Bool
    }

    /// - Returns: Nil when nothing has come.
    func work(after positions: [String: String], in transaction: any Transaction) throws -> Work? {
        let position = positions[Self.part].flatMap { Int64($0) } ?? -1
        let entries = try LedgerReader(transaction: transaction).entries(
            after: position, limit: Self.batch, where: LedgerFilter(workspace: workspace))
        guard let last = entries.last else { return nil }
        let mode = stream.specification.mode ?? .structured
        let events = try entries.filter { concerns($0.entry) }.map { sequenced in
            (place: "ledger/\(sequenced.seq)", event: try Self.event(sequenced).record(mode, key: sequenced.entry.resource))
        }
        return Work(last: last.seq, events: events, isFull: entries.count == Self.batch)
    }

    /// Sends in order.
    ///
    /// - Returns: Those that the other side refuses for good.
    func send(_ events: [(place: String, event: SinkEvent)], to sink: any EventSink) async throws -> [(
        place: String, event: SinkEvent, problem: Problem
    )] {
        guard !events.isEmpty else { return [] }
        do {
            try await sink.send(events.map(\.event))
            return []
        } catch let problem as Problem where problem.kind == .invalid {
            // One by one, so that the others are not held up; those that were sent already are sent again.
            guard events.count > 1 else { return [(events[0].place, events[0].event, problem)] }
            var refused: [(place: String, event: SinkEvent, problem: Problem)] = []
            for event in events { refused += try await send([event], to: sink) }
            return refused
        }
    }

    private func concerns(_ entry: LedgerEntry) -> Bool {
        guard entry.outcome == .done, entry.time >= stream.created else { return false }
        let noun = entry.verb.prefix { $0 != "." }
        let events = stream.specification.events ?? []
        guard events.contains(entry.verb) || events.contains("\(noun).*") || events.contains("*") else { return false }
        guard let subject = stream.specification.subject else { return true }
        return entry.resource == subject || entry.resource.hasPrefix(subject.hasSuffix("/") ? subject : subject + "/")
    }

    /// As webhooks have it, with the entry's place in the ledger, which orders all events of a workspace.
    private static func event(_ sequenced: SequencedEntry) throws(Problem) -> CloudEvent {
        let entry = sequenced.entry
        return try CloudEvent(
            id: entry.id, source: "/workspaces/\(entry.workspace)", type: entry.verb, subject: entry.resource, time: entry.time,
            dataContentType: "application/json", extensions: ["sequence": .string(String(sequenced.seq))],
            content: .json(["actor": .string(entry.actor), "details": entry.payload]))
    }
}
