// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance
import Synchronization

/// Carries one stream in turns: each takes some records in or sends some events out, and commits what came of it. It works only while it
/// holds the stream's lease, which every commit checks: of two that believe to hold it one fails and nothing of it is stored.
package final class StreamCarrier: Sendable {
    /// Longer than a turn waits for the other side.
    package static let lease = Duration.seconds(60)
    static let recordsPerTurn = 1_000

    private enum Connection: Sendable {
        case source(any EventSource)
        case sink(any EventSink)
    }

    private let governor: Governor
    private let workspace: String
    private let stream: EventStream
    private let owner: String
    private let connection: Connection
    private let wait: Duration
    /// Where the last turn left the stream, and until when it is this one's; nil before the first turn and after a failure.
    private let held = Mutex<(positions: [String: String], until: Timestamp)?>(nil)

    /// - Parameters:
    ///   - owner: Another for every carrier there is.
    ///   - wait: How long a turn waits for records.
    package convenience init(
        _ stream: EventStream, in workspace: String, as owner: String, over connections: StreamConnections, _ governor: Governor,
        wait: Duration = .seconds(1)
    ) async throws {
        let place = stream.specification.place
        let connection: Connection =
            switch stream.specification.direction {
            case .in: .source(try await connections.source(of: place, in: workspace))
            case .out: .sink(try await connections.sink(of: place, in: workspace))
            }
        self.init(stream, workspace, owner, connection, governor, wait)
    }

    package convenience init(
        _ stream: EventStream, in workspace: String, as owner: String, from source: any EventSource, _ governor: Governor
    ) {
        self.init(stream, workspace, owner, .source(source), governor, .zero)
    }

    package convenience init(_ stream: EventStream, in workspace: String, as owner: String, to sink: any EventSink, _ governor: Governor) {
        self.init(stream, workspace, owner, .sink(sink), governor, .zero)
    }

    private init(
        _ stream: EventStream, _ workspace: String, _ owner: String, _ connection: Connection, _ governor: Governor, _ wait: Duration
    ) {
        self.stream = stream
        self.workspace = workspace
        self.owner = owner
        self.connection = connection
        self.governor = governor
        self.wait = wait
    }

    /// - Returns: How many records or entries were dealt with.
    /// - Throws: `Problem` `.conflict` `streams.lease.lost` when another one carries the stream, or it is another one now.
    package func turn() async throws -> Int {
        do {
            let positions = try await begin()
            switch connection {
            case .source(let source): return try await take(from: source, after: positions)
            case .sink(let sink): return try await send(to: sink, after: positions)
            }
        } catch {
            held.withLock { $0 = nil }
            throw error
        }
    }

    package func close() async {
        switch connection {
        case .source(let source): await source.close()
        case .sink(let sink): await sink.close()
        }
        _ = try? await governor.database.write { [owner] in try self.progress($0).release(owner) }
    }

    /// While nothing comes, the lease is lengthened only when half of it has passed.
    private func begin() async throws -> [String: String] {
        let now = governor.clock.now()
        if let held = held.withLock({ $0 }), held.until - now > Self.lease / 2 { return held.positions }
        let positions = try await committing { transaction, _ in
            Dictionary(uniqueKeysWithValues: try self.progress(transaction).positions().map { ($0.part, $0.position) })
        }
        held.withLock { $0 = (positions, now + Self.lease) }
        return positions
    }

    private func note(_ moves: [String: String]) {
        let until = governor.clock.now() + Self.lease
        held.withLock { held in
            guard let positions = held?.positions else { return }
            held = (positions.merging(moves) { $1 }, until)
        }
    }

    private func take(from source: any EventSource, after positions: [String: String]) async throws -> Int {
        let batch = try await source.next(after: positions, limit: Self.recordsPerTurn, waiting: wait)
        guard !batch.records.isEmpty || !batch.moves.isEmpty else { return 0 }
        let identifiers = governor.identifiers
        try await committing { [workspace, stream] transaction, now in
            _ = try StreamIntake(transaction: transaction, workspace: workspace, stream: stream, identifiers: identifiers, now: now).take(
                batch.records, moving: batch.moves)
        }
        note(batch.moves)
        return batch.records.count
    }

    private func send(to sink: any EventSink, after positions: [String: String]) async throws -> Int {
        let publisher = StreamPublisher(workspace: workspace, stream: stream)
        guard let work = try await governor.database.read({ try publisher.work(after: positions, in: $0) }) else {
            try await Task.sleep(for: wait)
            return 0
        }
        let refused = try await publisher.send(work.events, to: sink)
        let identifiers = governor.identifiers
        let moves = [StreamPublisher.part: String(work.last)]
        try await committing { [workspace, stream] transaction, now in
            let letters = DeadLetterTable(transaction: transaction, workspace: workspace, stream: stream.name)
            for (place, event, problem) in refused {
                let headers = Dictionary(event.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
                _ = try letters.insert(
                    SourceRecord(place: place, headers: headers, body: event.body), problem, as: identifiers.next(), at: now)
            }
            if !work.events.isEmpty {
                try self.progress(transaction).add(taken: work.events.count - refused.count, repeated: 0, refused: refused.count, at: now)
            }
            try self.progress(transaction).move(moves, at: now)
        }
        note(moves)
        return work.events.count
    }

    @discardableResult
    private func committing<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction, Timestamp) throws -> Result
    ) async throws -> Result {
        let now = governor.clock.now()
        return try await governor.database.write { [workspace, stream, owner] transaction in
            let current = try StreamTable(transaction: transaction, workspace: workspace).find(stream.name)
            guard current?.generation == stream.generation, current?.paused == nil,
                try self.progress(transaction).claim(owner, until: now + Self.lease, at: now)
            else { throw Self.lost }
            return try body(transaction, now)
        }
    }

    private func progress(_ transaction: any Transaction) -> StreamProgressTable {
        StreamProgressTable(transaction: transaction, workspace: workspace, stream: stream.name)
    }

    static let lost = Problem(.conflict, "streams.lease.lost", "Another process carries the stream, or it is another one now.")
}
