// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

@Suite("Connections to one place")
struct ConnectionPoolTests {
    private func pool(to server: CountingServer, maximum: Int = 1) throws -> ConnectionPool {
        ConnectionPool(
            to: ConnectionPool.Destination(
                address: try SocketAddress(ipAddress: "127.0.0.1", port: server.port), maximumConnections: maximum,
                connectLimit: .seconds(60), idleLimit: .seconds(60)))
    }

    private func message(maximumAnswer: Int = 100, limit: TimeAmount = .seconds(60)) -> HTTPMessage {
        HTTPMessage(
            method: "POST", target: "/", host: "test", headers: [], body: [1], maximumAnswer: maximumAnswer, deadline: .now() + limit,
            isRepeatable: false)
    }

    @Test("are no more than they may be, and requests wait for one in turn")
    func limit() async throws {
        let server = try await CountingServer()
        let pool = try pool(to: server)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await pool.exchange(message()).status } }
            for try await status in group { #expect(status == 200) }
        }
        #expect(server.requests == 20)
        #expect(server.connections == 1)
        try await server.stop()
    }

    @Test("that no answer comes over end with their request, and make room for the next")
    func late() async throws {
        let server = try await CountingServer(.never)
        let pool = try pool(to: server)
        for _ in 0..<3 {
            await #expect { _ = try await pool.exchange(message(limit: .milliseconds(20))) } throws: { error in
                if case HTTPMessage.Failure.late = error { true } else { false }
            }
        }
        try await server.stop()
    }

    @Test("end with a request that is cancelled, also one that waits for its turn")
    func cancelling() async throws {
        let server = try await CountingServer(.never)
        let pool = try pool(to: server)
        let tasks = (0..<3).map { _ in Task { try await pool.exchange(message()) } }
        while server.requests == 0 { await Task.yield() }
        for task in tasks { task.cancel() }
        for task in tasks {
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
        try await server.stop()
    }

    @Test("are not used again after an answer that was not taken whole")
    func cut() async throws {
        let server = try await CountingServer()
        let pool = try pool(to: server)
        for _ in 0..<2 {
            let answer = try await pool.exchange(message(maximumAnswer: 1))
            #expect(answer.body == Array("o".utf8))
        }
        #expect(server.connections == 2)
        try await server.stop()
    }

    @Test("that the other side has ended are replaced")
    func replacing() async throws {
        let server = try await CountingServer(.hangsUp(at: 2))
        let pool = try pool(to: server)
        _ = try await pool.exchange(message())
        await #expect { _ = try await pool.exchange(message()) } throws: { error in
            if case HTTPMessage.Failure.ended(answerHadBegun: false) = error { true } else { false }
        }
        let third = try await pool.exchange(message())
        #expect(third.status == 200)
        #expect(server.connections == 2)
        try await server.stop()
    }
}
