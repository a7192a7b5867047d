// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Testing

@testable import Kafka

@Suite("Topics of Kafka", .serialized)
struct KafkaStreamTests {
    private static let here = { () -> EgressAllowance in (try? EgressAllowance("127.0.0.0/8")) ?? EgressAllowance() }()

    private func event(_ number: Int, body: String? = nil) -> SinkEvent {
        SinkEvent(
            key: "subject \(number % 5)", headers: [("ce_id", "\(number)"), ("content-type", "text/plain"), ("ce_empty", "")],
            body: Array((body ?? "body \(number)").utf8))
    }

    private func broker(_ library: KafkaLibrary) -> KafkaBroker { KafkaBroker(allowance: Self.here) { library } }

    /// Reads until so many records have come; the cluster is there, so they do.
    private func read(_ count: Int, _ source: any EventSource, _ positions: inout [String: String], limit: Int = 1_000) async throws
        -> [SourceRecord]
    {
        var records: [SourceRecord] = []
        for _ in 0..<600 where records.count < count {
            let batch = try await source.next(after: positions, limit: limit, waiting: .milliseconds(100))
            positions.merge(batch.moves) { $1 }
            records += batch.records
        }
        return records
    }

    @Test("keep the order of each key, and are read from any position without a group")
    func roundTrip() async throws {
        try await MockCluster.with { cluster, library in
            let sink = try await broker(library).sink(at: cluster.place())
            try await sink.send((0..<60).map { event($0) })
            let source = try await broker(library).source(at: cluster.place())
            var positions: [String: String] = [:]
            let first = try await read(25, source, &positions, limit: 25)
            await source.close()
            // Another one goes on where the first was.
            let other = try await broker(library).source(at: cluster.place())
            let all = first + (try await read(60 - first.count, other, &positions))
            #expect(all.count == 60)
            #expect(Set(all.compactMap { $0.headers["ce_id"] }).count == 60)
            for key in 0..<5 {
                let ids = all.compactMap { $0.headers["ce_id"].flatMap { Int($0) } }.filter { $0 % 5 == key }
                #expect(ids == ids.sorted(), "events of one key keep their order")
            }
            #expect(all.allSatisfy { $0.body == Array("body \($0.headers["ce_id"] ?? "")".utf8) && $0.headers["ce_empty"] == "" })
            #expect(positions.values.compactMap { Int($0) }.reduce(0, +) == 60)
            // A reader that stored less is given the rest again.
            let before = positions
            positions["0"] = "0"
            let again = Int(before["0"] ?? "0") ?? 0
            #expect(try await read(again, other, &positions).count == again)
            #expect(positions == before)
            await other.close()
            await sink.close()
        }
    }

    @Test("are written once when the cluster refuses for a while")
    func retried() async throws {
        try await MockCluster.with(partitions: 1) { cluster, library in
            let sink = try await broker(library).sink(at: cluster.place())
            try await sink.send([event(0)])
            // Not enough replicas, twice.
            try cluster.answer(0, with: [19, 19])
            try await sink.send([event(1), event(2)])
            let source = try await broker(library).source(at: cluster.place())
            var positions: [String: String] = [:]
            #expect(try await read(3, source, &positions).compactMap { $0.headers["ce_id"] } == ["0", "1", "2"])
            #expect(positions == ["0": "3"])
            await source.close()
            await sink.close()
        }
    }

    @Test("say that the cluster is away, and go on when it is back")
    func away() async throws {
        try await MockCluster.with(partitions: 1) { cluster, library in
            let sink = try await broker(library).sink(at: cluster.place())
            try await sink.send([event(0)])
            let source = try await broker(library).source(at: cluster.place())
            var positions: [String: String] = [:]
            #expect(try await read(1, source, &positions).count == 1)
            try cluster.setDown(true)
            var problem: Problem?
            for _ in 0..<300 where problem == nil {
                do {
                    _ = try await source.next(after: positions, limit: 10, waiting: .milliseconds(100))
                } catch let thrown as Problem {
                    problem = thrown
                }
            }
            #expect(problem?.code == "kafka.cluster.away" && problem?.kind == .unavailable)
            await source.close()
            try cluster.setDown(false)
            try await sink.send([event(1)])
            let other = try await broker(library).source(at: cluster.place())
            #expect(try await read(1, other, &positions).compactMap { $0.headers["ce_id"] } == ["1"])
            await other.close()
            await sink.close()
        }
    }

    @Test("begin at the end where that is asked for")
    func end() async throws {
        try await MockCluster.with(partitions: 1) { cluster, library in
            let sink = try await broker(library).sink(at: cluster.place())
            try await sink.send([event(0), event(1)])
            var place = try cluster.place()
            place.startsAtEnd = true
            let source = try await broker(library).source(at: place)
            var positions = try await source.next(after: [:], limit: 10, waiting: .zero).moves
            #expect(positions == ["0": "2"])
            try await sink.send([event(2)])
            #expect(try await read(1, source, &positions).compactMap { $0.headers["ce_id"] } == ["2"])
            await source.close()
            await sink.close()
        }
    }

    @Test("refuse an event that is too large, and connect to no address that nobody allowed")
    func refusals() async throws {
        try await MockCluster.with(partitions: 1) { cluster, library in
            let sink = try await broker(library).sink(at: cluster.place())
            let large = await #expect(throws: Problem.self) {
                try await sink.send([event(1, body: String(repeating: "x", count: 2 << 20))])
            }
            #expect(large?.code == "kafka.event.refused" && large?.kind == .invalid)
            try await sink.send([event(2)])
            await sink.close()
            let strict = try await KafkaBroker(allowance: EgressAllowance()) { library }.source(at: cluster.place())
            let problem = await #expect(throws: Problem.self) { try await strict.next(after: [:], limit: 1, waiting: .zero) }
            #expect(problem?.code == "egress.address.refused")
            await strict.close()
        }
    }

    @Test("need the library, and say so where there is none")
    func missing() async throws {
        let broker = KafkaBroker(allowance: Self.here) { try KafkaLibrary.load(explicit: "/nowhere/librdkafka.so") }
        let place = BrokerPlace(servers: [BrokerPlace.Server(host: "127.0.0.1", port: 9)], name: "t")
        let problem = await #expect(throws: Problem.self) { try await broker.source(at: place) }
        #expect(problem?.code == "kafka.library.missing" && problem?.fix?.contains("librdkafka1") == true)
    }
}
