// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Streaming
import Synchronization
import TestSupport
import Testing

@Suite("Carrying a stream")
struct CarrierTests {
    private static let place = StreamPlace(files: .init(pattern: "*.csv"))

    @Test("stores positions with effects: nothing is lost and nothing taken twice when it begins again", arguments: TestDatabase.allCases)
    func resuming(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let stream = try await world.stream(from: Self.place)
            let source = ListedSource((0..<3).map { event("\($0)", ["prediction": .string("p\($0)"), "value": .integer(Int64($0))]) })
            let first = StreamCarrier(stream, in: World.workspace, as: "one", from: source, world.governor)
            #expect(try await first.turn() == 3)
            #expect(try await first.turn() == 0)
            source.append(SourceRecord(place: "list/3", headers: [:], body: [1, 2, 3]))
            source.append(event("4", ["prediction": "p4", "value": 4]))
            // The first one is gone without a word; its lease ends.
            let second = StreamCarrier(stream, in: World.workspace, as: "two", from: source, world.governor)
            await #expect(throws: Problem.self) { try await second.turn() }
            world.clock.move(by: StreamCarrier.lease + .seconds(1))
            #expect(try await second.turn() == 2)
            #expect(try await world.label("p4") == 4)
            let progress = try await world.progress()
            #expect(progress.taken == 4 && progress.repeated == 0 && progress.refused == 1)
        }
    }

    @Test("undoes a turn whose commit fails, and makes it again", arguments: TestDatabase.allCases)
    func failing(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let stream = try await world.stream(from: Self.place)
            let source = ListedSource([event("1", ["prediction": "a", "value": 1])])
            // The write that claims the lease goes through, the one with the records does not.
            let database = FailingDatabase(world.database, failing: [2])
            let governor = Governor(database: database, clock: world.clock, identifiers: world.governor.identifiers)
            let carrier = StreamCarrier(stream, in: World.workspace, as: "one", from: source, governor)
            await #expect(throws: Problem.self) { try await carrier.turn() }
            #expect(try await world.label("a") == nil)
            #expect(try await carrier.turn() == 1)
            #expect(try await world.label("a") == 1)
            #expect(try await world.progress().taken == 1)
        }
    }

    @Test("stores nothing once another one has the stream, or it is another one", arguments: TestDatabase.allCases)
    func fencing(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let stream = try await world.stream(from: Self.place)
            let source = ListedSource([])
            let old = StreamCarrier(stream, in: World.workspace, as: "old", from: source, world.governor)
            #expect(try await old.turn() == 0)
            world.clock.move(by: StreamCarrier.lease + .seconds(1))
            let new = StreamCarrier(stream, in: World.workspace, as: "new", from: source, world.governor)
            #expect(try await new.turn() == 0)
            source.append(event("1", ["prediction": "a", "value": 1]))
            let problem = await #expect(throws: Problem.self) { try await old.turn() }
            #expect(problem?.code == "streams.lease.lost")
            #expect(try await new.turn() == 1)
            _ = try await world.streams.pause("s", by: world.caller)
            source.append(event("2", ["prediction": "b", "value": 1]))
            await #expect(throws: Problem.self) { try await new.turn() }
            #expect(try await world.label("b") == nil)
        }
    }
}

@Suite("Events that go out")
struct PublisherTests {
    @Test("are those that are asked for, in order, from when the stream was made", arguments: TestDatabase.allCases)
    func choice(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.happen("version.registered", on: "model/flights/1")
            let stream = try await world.streamOut(["version.*", "rollout.paused"], subject: "model/flights")
            try await world.happen("version.registered", on: "model/flights/2")
            try await world.happen("version.registered", on: "model/flights/3", in: "elsewhere")
            try await world.happen("gate.passed", on: "model/flights/2")
            try await world.happen("version.archived", on: "model/flights-old/1")
            try await world.happen("version.archived", on: "model/flights/2")
            let sink = ListedSink()
            let carrier = StreamCarrier(stream, in: World.workspace, as: "one", to: sink, world.governor)
            #expect(try await carrier.turn() == 2)
            #expect(sink.types == ["version.registered", "version.archived"])
            #expect(sink.events.map(\.key) == ["model/flights/2", "model/flights/2"])
            #expect(try await carrier.turn() == 0)
            let text = try #require(sink.events.first.map { String(decoding: $0.body, as: UTF8.self) })
            let event = try CloudEvent(structured: try JSONReader.value(of: text))
            #expect(event.source == "/workspaces/main" && event.subject == "model/flights/2" && event.extensions["sequence"] != nil)
            #expect(event.content == .json(["actor": "system:tests", "details": ["number": 1]]))
            #expect(try await world.progress(of: "out").taken == 2)
        }
    }

    @Test("are sent again with the same ids after a crash between sending and storing", arguments: TestDatabase.allCases)
    func crash(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let stream = try await world.streamOut(["*"])
            for number in 1...3 { try await world.happen("version.registered", on: "model/m/\(number)") }
            let sink = ListedSink()
            let database = FailingDatabase(world.database, failing: [2])
            let governor = Governor(database: database, clock: world.clock, identifiers: world.governor.identifiers)
            let first = StreamCarrier(stream, in: World.workspace, as: "one", to: sink, governor)
            await #expect(throws: Problem.self) { try await first.turn() }
            let sent = sink.ids
            #expect(!sent.isEmpty)
            world.clock.move(by: StreamCarrier.lease + .seconds(1))
            try await world.happen("version.registered", on: "model/m/4")
            let second = StreamCarrier(stream, in: World.workspace, as: "two", to: sink, world.governor)
            while try await second.turn() > 0 {}
            let all = sink.ids
            #expect(Array(all.dropFirst(sent.count).prefix(sent.count)) == sent)
            // Without repeats it is every entry once, in order.
            var seen: Set<String> = []
            let once = all.filter { seen.insert($0).inserted }
            #expect(once == once.sorted() && once.count == sent.count + 1)
        }
    }

    @Test("wait while the other side is away, and those that it refuses for good hold up no others", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let stream = try await world.streamOut(["version.registered"], mode: .binary)
            for number in 1...3 { try await world.happen("version.registered", on: "model/m/\(number)") }
            let sink = ListedSink()
            sink.fail(with: Problem(.unavailable, "test.away", "It is away."))
            let carrier = StreamCarrier(stream, in: World.workspace, as: "one", to: sink, world.governor)
            await #expect(throws: Problem.self) { try await carrier.turn() }
            sink.fail(with: nil)
            sink.refuse("model/m/2")
            #expect(try await carrier.turn() == 3)
            #expect(sink.events.map(\.key) == ["model/m/1", "model/m/3"])
            let letters = try await world.letters(of: "out")
            #expect(letters.map(\.code) == ["test.refused"])
            #expect(letters.first?.headers["ce_subject"] == "model/m/2")
            #expect(try await world.progress(of: "out").refused == 1)
            let problem = await #expect(throws: Problem.self) {
                try await world.streams.retry(letters[0].id, of: "out", by: world.caller)
            }
            #expect(problem?.code == "streams.letter.not-whole")
        }
    }
}

/// A database whose writes of these numbers, counted from 1, fail as if it were away.
final class FailingDatabase: Database {
    private let database: any Database
    private let failing: Set<Int>
    private let count = Mutex(0)

    init(_ database: any Database, failing: Set<Int>) {
        self.database = database
        self.failing = failing
    }

    var engine: DatabaseEngine { database.engine }

    func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await database.read(body)
    }

    func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard !failing.contains(number) else { throw Problem(.unavailable, "test.database.away", "It is away.") }
        return try await database.write(locking: lock, body)
    }

    func close() async { await database.close() }
}
