// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Foundation
import Governance
import Pipelines
import Serving
import Streaming
import Synchronization
import TestSupport

/// An endpoint with two revisions, and streams over a fresh database.
struct World: Sendable {
    static let workspace = "main"
    static let endpoint = "delays"

    let database: any Database
    let clock = HandClock()
    let governor: Governor
    let streams: Streams
    let caller = Caller.controller("tests", in: World.workspace)

    static func run(on engine: TestDatabase, _ body: (World) async throws -> Void) async throws {
        let lists = [
            GovernanceMigrations.list, LedgerMigrations.list, DeliveryMigrations.list, GateMigrations.list, ApprovalMigrations.list,
            ServingMigrations.list, RevisionLoadMigrations.list, ArchiveMigrations.list, StreamMigrations.list,
        ]
        try await engine.withDatabase(lists) { try await body(World($0)) }
    }

    private init(_ database: any Database) async throws {
        self.database = database
        governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        streams = Streams(governor: governor, folders: WatchedFolders(["incoming": "/nowhere"]))
        try await database.write { transaction in
            for number in 1...2 {
                try transaction.execute(
                    "INSERT INTO revision (workspace, endpoint, number, model, version, release, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    Self.workspace, Self.endpoint, number, "flights", number, "release-\(number)", Timestamp(milliseconds: 0))
            }
        }
    }

    /// A stream in of the kind, with requests or what `from` says as its place.
    @discardableResult
    func stream(
        _ records: StreamSpecification.Records = .labels, named name: String = "s", from place: StreamPlace = StreamPlace(http: .init())
    ) async throws -> EventStream {
        let isOfEndpoint = records != .features
        return try await streams.apply(
            StreamSpecification(
                name: name, from: place, records: records, endpoint: isOfEndpoint ? Self.endpoint : nil,
                service: isOfEndpoint ? nil : "customers"), by: caller)
    }

    func streamOut(_ events: [String], subject: String? = nil, mode: CloudEvent.Mode? = nil) async throws -> EventStream {
        let place = try JSONDecoder().decode(
            StreamPlace.self, from: Data(#"{"redis": {"server": "127.0.0.1:1", "key": "events"}}"#.utf8))
        return try await streams.apply(
            StreamSpecification(name: "out", to: place, events: events, subject: subject, mode: mode), by: caller)
    }

    func send(_ records: SourceRecord..., to name: String = "s") async throws -> IntakeReceipt {
        try await streams.receive(records, for: name, by: caller)
    }

    func letters(of name: String = "s") async throws -> [DeadLetter] {
        try await streams.letters(of: name, limit: 100, by: caller)
    }

    func progress(of name: String = "s") async throws -> StreamProgress {
        try await streams.show(name, by: caller).progress
    }

    func label(_ prediction: String) async throws -> Double? {
        try await database.read { transaction in
            try LabelTable(transaction: transaction, workspace: Self.workspace, endpoint: Self.endpoint).find(prediction)?.value
        }
    }

    func prediction(_ id: String) async throws -> Prediction? {
        try await database.read { try PredictionTable(transaction: $0).find(id, in: Self.workspace) }
    }

    func rows(of table: String) async throws -> Int {
        try await database.read { try $0.row("SELECT COUNT(*) AS number FROM \(table)")?["number"] ?? 0 }
    }

    /// A ledger entry with its place in the tree, as listeners see it.
    func happen(_ verb: String, on resource: String, in workspace: String = World.workspace) async throws {
        _ = try await governor.change(.registryWrite, by: .controller("tests", in: workspace)) { change in
            try change.record(verb, on: resource, ["number": 1])
            return Nothing()
        }
        _ = try await LedgerSequencer(database: database).sequence()
    }
}

/// A structured event.
func event(_ id: String, source: String = "/tests", time: String? = nil, subject: String? = nil, _ data: JSONValue) -> SourceRecord {
    var members: [String: JSONValue] = [
        "specversion": "1.0", "id": .string(id), "source": .string(source), "type": "test", "data": data,
    ]
    if let time { members["time"] = .string(time) }
    if let subject { members["subject"] = .string(subject) }
    return SourceRecord(
        place: "test/\(id)", headers: ["content-type": "application/cloudevents+json"], body: Array(JSONValue.object(members).jsonText.utf8)
    )
}

/// Records in order, as a broker gives them: its position is how many were read.
final class ListedSource: EventSource {
    private let records: Mutex<[SourceRecord]>

    init(_ records: [SourceRecord]) { self.records = Mutex(records) }

    func append(_ record: SourceRecord) { records.withLock { $0.append(record) } }

    func next(after positions: [String: String], limit: Int, waiting wait: Duration) async throws -> SourceBatch {
        let start = positions["list"].flatMap { Int($0) } ?? 0
        let next = records.withLock { Array($0.dropFirst(start).prefix(limit)) }
        return SourceBatch(records: next, moves: next.isEmpty ? [:] : ["list": String(start + next.count)])
    }

    func close() async {}
}

/// Keeps what is sent; fails as it is told.
final class ListedSink: EventSink {
    private struct State {
        var events: [SinkEvent] = []
        var failure: Problem?
        var refused: Set<String> = []
    }

    private let state = Mutex(State())

    var events: [SinkEvent] { state.withLock { $0.events } }
    var types: [String] { events.compactMap { try? JSONReader.value(of: String(decoding: $0.body, as: UTF8.self))["type"]?.text } }
    var ids: [String] { events.compactMap { try? JSONReader.value(of: String(decoding: $0.body, as: UTF8.self))["id"]?.text } }

    func fail(with problem: Problem?) { state.withLock { $0.failure = problem } }
    func refuse(_ key: String) { state.withLock { _ = $0.refused.insert(key) } }

    func send(_ events: [SinkEvent]) async throws {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            if events.contains(where: { state.refused.contains($0.key) }) { throw Problem(.invalid, "test.refused", "It is refused.") }
            state.events += events
        }
    }

    func close() async {}
}

final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
    func move(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}
