// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance
package import Pipelines

/// The use cases of streams.
package struct Streams: Sendable {
    package static let maximumStreams = 200
    package static let maximumPage = 1_000
    /// Most events of one request.
    package static let maximumBatch = 10_000

    let governor: Governor
    let folders: WatchedFolders?

    /// - Parameter folders: What the server watches; nil where that is not known.
    package init(governor: Governor, folders: WatchedFolders? = nil) {
        self.governor = governor
        self.folders = folders
    }

    /// Makes the stream or replaces the one of that name. One whose place is another begins there anew; what it has taken is remembered.
    package func apply(_ specification: StreamSpecification, by caller: Caller) async throws -> EventStream {
        try specification.check(watching: folders)
        return try await governor.change(.streamManage, by: caller) { try Self.apply(specification, in: $0) }
    }

    /// - Parameter specification: Checked.
    static func apply(_ specification: StreamSpecification, in change: Change) throws -> EventStream {
        let table = StreamTable(transaction: change.transaction, workspace: change.workspace)
        let progress = StreamProgressTable(transaction: change.transaction, workspace: change.workspace, stream: specification.name)
        let earlier = try table.find(specification.name)
        if let earlier, earlier.specification == specification { return earlier }
        guard try earlier != nil || table.count() < maximumStreams else {
            throw Problem(
                .rejected, "streams.too-many", "The workspace has \(maximumStreams) streams, the most there can be.",
                fix: "Delete one that is not used: dhow stream delete NAME.")
        }
        let author = change.caller.principal.qualifiedName
        let stream = EventStream(
            specification: specification, generation: (earlier?.generation ?? 0) + 1, author: author,
            created: earlier?.created ?? change.time, changed: change.time, paused: earlier?.paused)
        try table.save(stream)
        try progress.begin()
        if let earlier, earlier.specification.place != specification.place || earlier.specification.direction != specification.direction {
            // What goes out goes on where it was: the other place is told of what comes.
            if specification.direction == .in || earlier.specification.direction == .in { try progress.forgetPositions() }
        }
        if specification.direction == .out, try progress.positions().isEmpty {
            let size = try LedgerReader(transaction: change.transaction).size()
            try progress.move([StreamPublisher.part: String(size - 1)], at: change.time)
        }
        try change.record(
            "stream.applied", on: stream.resource,
            [
                "direction": .string(specification.direction.rawValue), "place": .string(specification.place.text),
                "generation": .integer(Int64(stream.generation)),
            ])
        return stream
    }

    /// In order of their names.
    package func list(after name: String? = nil, limit: Int, by caller: Caller) async throws -> [(
        stream: EventStream, progress: StreamProgress
    )] {
        try await governor.read(.streamRead, by: caller) { transaction in
            try StreamTable(transaction: transaction, workspace: caller.workspace).page(
                after: name, limit: min(max(limit, 1), Self.maximumPage)
            ).map { stream in
                (
                    stream,
                    try StreamProgressTable(transaction: transaction, workspace: caller.workspace, stream: stream.name).find()
                )
            }
        }
    }

    /// - Throws: `Problem` `.notFound`.
    package func show(_ name: String, by caller: Caller) async throws -> (
        stream: EventStream, progress: StreamProgress, positions: [StreamPosition], letters: Int
    ) {
        try await governor.read(.streamRead, by: caller) { transaction in
            let stream = try Self.find(name, in: caller.workspace, transaction)
            let progress = StreamProgressTable(transaction: transaction, workspace: caller.workspace, stream: name)
            let letters = DeadLetterTable(transaction: transaction, workspace: caller.workspace, stream: name)
            return (stream, try progress.find(), try progress.positions().suffix(Self.maximumPage), try letters.count())
        }
    }

    /// Takes and sends nothing until it is resumed; it goes on where it was.
    package func pause(_ name: String, by caller: Caller) async throws -> EventStream {
        try await edit(name, "stream.paused", by: caller) { stream, now in
            guard stream.paused == nil else { return false }
            stream.paused = now
            return true
        }
    }

    package func resume(_ name: String, by caller: Caller) async throws -> EventStream {
        try await edit(name, "stream.resumed", by: caller) { stream, _ in
            guard stream.paused != nil else { return false }
            stream.paused = nil
            return true
        }
    }

    /// With its position, its dead letters and what it remembers; what it took stays.
    package func delete(_ name: String, by caller: Caller) async throws {
        _ = try await governor.change(.streamManage, by: caller) { change in
            try Self.delete(name, in: change)
            return Nothing()
        }
    }

    static func delete(_ name: String, in change: Change) throws {
        let stream = try find(name, in: change.workspace, change.transaction)
        try StreamTable(transaction: change.transaction, workspace: change.workspace).delete(name)
        try change.record("stream.deleted", on: stream.resource)
    }

    /// Takes events that someone sent. Those that were sent before change nothing; bad ones become dead letters.
    ///
    /// - Throws: `Problem` `.notFound`, `.rejected` for a stream that is paused, `.invalid` for one that takes no requests.
    package func receive(_ records: [SourceRecord], for name: String, by caller: Caller) async throws -> IntakeReceipt {
        guard records.count <= Self.maximumBatch else {
            throw Problem(
                .tooLarge, "streams.batch.too-large", "The batch has \(records.count) events.",
                why: "At most \(Self.maximumBatch) are taken at once.", fix: "Send several; repeating one does no harm.")
        }
        let (governor, now) = (governor, governor.clock.now())
        return try await governor.measure(.streamSend, by: caller) { transaction in
            let stream = try Self.find(name, in: caller.workspace, transaction)
            guard stream.specification.from?.http != nil else {
                throw Problem(
                    .invalid, "streams.stream.not-http", "Stream '\(name.printable)' takes no requests.",
                    why: "Its place is \(stream.specification.place.text).", fix: "Apply one with 'from: {http: {}}'.")
            }
            guard stream.paused == nil else {
                throw Problem(
                    .rejected, "streams.stream.paused", "Stream '\(name.printable)' is paused.",
                    fix: "Resume it: dhow stream resume \(name).")
            }
            return try StreamIntake(
                transaction: transaction, workspace: caller.workspace, stream: stream, identifiers: governor.identifiers, now: now
            ).take(records)
        }
    }

    private func edit(
        _ name: String, _ verb: String, by caller: Caller, _ body: @escaping @Sendable (inout EventStream, Timestamp) -> Bool
    ) async throws -> EventStream {
        try await governor.change(.streamManage, by: caller) { change in
            var stream = try Self.find(name, in: change.workspace, change.transaction)
            guard body(&stream, change.time) else { return stream }
            // Who carries it looks again.
            stream.generation += 1
            try StreamTable(transaction: change.transaction, workspace: change.workspace).save(stream)
            try change.record(verb, on: stream.resource)
            return stream
        }
    }

    static func find(_ name: String, in workspace: String, _ transaction: any Transaction) throws -> EventStream {
        guard let stream = try StreamTable(transaction: transaction, workspace: workspace).find(name) else {
            throw EventStream.unknown(name)
        }
        return stream
    }
}
