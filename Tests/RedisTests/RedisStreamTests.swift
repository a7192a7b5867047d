// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import NIOSSL
import Redis
import Testing

@Suite("Streams of a real Redis", .serialized)
struct RedisStreamTests {
    private static let here = { () -> EgressAllowance in (try? EgressAllowance("127.0.0.0/8,::1,localhost")) ?? EgressAllowance() }()
    private let broker = RedisBroker(allowance: Self.here)

    private func event(_ number: Int, _ body: String? = nil) -> SinkEvent {
        SinkEvent(
            key: "k\(number % 2)", headers: [("ce_id", "\(number)"), ("Content-Type", "text/plain")],
            body: Array((body ?? "body \(number)").utf8))
    }

    /// All that there is after the positions, which move on.
    private func drain(_ source: any EventSource, _ positions: inout [String: String], limit: Int = 1_000) async throws -> [SourceRecord] {
        var records: [SourceRecord] = []
        while true {
            let batch = try await source.next(after: positions, limit: limit, waiting: .zero)
            guard !batch.moves.isEmpty else { return records }
            positions.merge(batch.moves) { $1 }
            records += batch.records
        }
    }

    @Test("give back in order what was sent, from any position, to any number of readers")
    func roundTrip() async throws {
        try await RedisServer.with { server in
            let sink = try await broker.sink(at: server.place())
            try await sink.send((0..<250).map { event($0) })
            try await sink.send([])
            var positions: [String: String] = [:]
            let source = try await broker.source(at: server.place())
            let first = try await drain(source, &positions, limit: 70)
            #expect(first.map { $0.headers["ce_id"] } == (0..<250).map { "\($0)" })
            #expect(first[3].body == Array("body 3".utf8) && first[3].headers["content-type"] == "text/plain")
            try await sink.send([event(250)])
            #expect(try await drain(source, &positions).map { $0.headers["ce_id"] } == ["250"])
            // Another reader with the same position reads the same: nothing is kept in Redis.
            var beginning: [String: String] = [:]
            let other = try await broker.source(at: server.place())
            #expect(try await drain(other, &beginning).count == 251)
            for end in [source, other] { await end.close() }
            await sink.close()
        }
    }

    @Test("wait for what comes, and begin at the end where that is asked for")
    func waiting() async throws {
        try await RedisServer.with { server in
            let sink = try await broker.sink(at: server.place())
            try await sink.send([event(1)])
            var place = server.place()
            place.startsAtEnd = true
            let source = try await broker.source(at: place)
            var positions = try await source.next(after: [:], limit: 10, waiting: .zero).moves
            #expect(try await drain(source, &positions).isEmpty)
            // The reader waits far longer than the test may take.
            async let next = source.next(after: positions, limit: 10, waiting: .seconds(60))
            try await sink.send([event(2)])
            #expect(try await next.records.map { $0.headers["ce_id"] } == ["2"])
            await source.close()
            await sink.close()
        }
    }

    @Test("go on where they were when the server is killed between records and comes back")
    func killed() async throws {
        try await RedisServer.with { server in
            let sink = try await broker.sink(at: server.place())
            let source = try await broker.source(at: server.place())
            try await sink.send((0..<5).map { event($0) })
            var positions: [String: String] = [:]
            #expect(try await drain(source, &positions).count == 5)
            try await sink.send([event(5)])
            server.kill()
            for _ in 0..<2 {
                let problem = await #expect(throws: Problem.self) { try await source.next(after: positions, limit: 10, waiting: .zero) }
                #expect(problem?.kind == .unavailable)
                await #expect(throws: Problem.self) { try await sink.send([event(6)]) }
            }
            try server.start()
            try await sink.send([event(6)])
            #expect(try await drain(source, &positions).map { $0.headers["ce_id"] } == ["5", "6"])
            await source.close()
            await sink.close()
        }
    }

    @Test("give up on a server that does not answer, and take it up again")
    func slow() async throws {
        try await RedisServer.with { server in
            let hasty = RedisBroker(allowance: Self.here, patience: .milliseconds(200))
            let source = try await hasty.source(at: server.place())
            var positions: [String: String] = [:]
            _ = try await drain(source, &positions)
            server.stop()
            let problem = await #expect(throws: Problem.self) {
                try await source.next(after: positions, limit: 10, waiting: .milliseconds(1))
            }
            #expect(problem?.code == "redis.server.away")
            server.goOn()
            let patient = try await broker.source(at: server.place())
            #expect(try await drain(patient, &positions).isEmpty)
            for end in [source, patient] { await end.close() }
        }
    }

    @Test("say what is wrong without saying the password")
    func refusals() async throws {
        try await RedisServer.with { server in
            let source = try await broker.source(at: server.place(password: "not the right one"))
            let wrong = await #expect(throws: Problem.self) { try await source.next(after: [:], limit: 1, waiting: .zero) }
            #expect(wrong?.code == "redis.server.refused" && wrong?.description.contains("right one") == false)
            let open = try await broker.source(at: server.place(password: nil))
            #expect(
                await #expect(throws: Problem.self) { try await open.next(after: [:], limit: 1, waiting: .zero) }?.why
                    == "It wants another user or password.")
            // Nothing is sent to an address that nobody allowed.
            let strict = try await RedisBroker(allowance: EgressAllowance()).source(at: server.place())
            #expect(
                await #expect(throws: Problem.self) { try await strict.next(after: [:], limit: 1, waiting: .zero) }?.code
                    == "egress.address.refused")
            #expect("\(server.place())".contains(RedisServer.password) == false)
            for end in [source, open, strict] { await end.close() }
        }
    }

    @Test("read past a value that is too large")
    func large() async throws {
        try await RedisServer.with { server in
            let sink = try await broker.sink(at: server.place())
            try await sink.send([event(1), event(2, String(repeating: "x", count: 3 << 20)), event(3)])
            let source = try await broker.source(at: server.place())
            var positions: [String: String] = [:]
            let records = try await drain(source, &positions)
            #expect(records.map { $0.fault?.code } == [nil, "redis.entry.too-large", nil])
            #expect(records.map { $0.headers["ce_id"] } == ["1", "2", "3"])
            await source.close()
            await sink.close()
        }
    }

    @Test("are encrypted, with the server's certificate checked")
    func encrypted() async throws {
        try await RedisServer.with(tls: true) { server in
            let trusting = RedisBroker(allowance: Self.here, roots: .file(server.certificate))
            let sink = try await trusting.sink(at: server.place(tls: true))
            try await sink.send([event(1)])
            let source = try await trusting.source(at: server.place(tls: true))
            var positions: [String: String] = [:]
            #expect(try await drain(source, &positions).count == 1)
            let doubting = try await broker.source(at: server.place(tls: true))
            await #expect(throws: Problem.self) { try await doubting.next(after: [:], limit: 1, waiting: .zero) }
            for end in [source, doubting] { await end.close() }
            await sink.close()
        }
    }

    @Test("keep about as many entries as are asked for")
    func trimmed() async throws {
        try await RedisServer.with { server in
            var place = server.place()
            place.maximumLength = 100
            let sink = try await broker.sink(at: place)
            for start in stride(from: 0, to: 1_000, by: 250) { try await sink.send((start..<start + 250).map { event($0) }) }
            let source = try await broker.source(at: server.place())
            var positions: [String: String] = [:]
            let left = try await drain(source, &positions)
            #expect((100...300).contains(left.count) && left.last?.headers["ce_id"] == "999")
            await source.close()
            await sink.close()
        }
    }
}
