// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Connections to one address. A request takes one that is idle, on its own event loop if it can, else makes a new one.
///
/// O(idle connections) a request, of which the first fits nearly always.
final class ConnectionPool: Sendable {
    struct Destination: Sendable {
        var address: SocketAddress
        /// The context, and the name that the certificate must have; nil for one reached by its address alone.
        var tls: (context: NIOSSLContext, name: String?)?
        var maximumConnections: Int
        var connectLimit: TimeAmount
        /// A connection that nothing has used for so long is closed.
        var idleLimit: TimeAmount
    }

    private struct Waiter {
        var number: UInt64
        var continuation: CheckedContinuation<KeptConnection?, any Error>
    }

    private struct State {
        var idle: [KeptConnection] = []
        /// Idle, busy and those that are being made.
        var count = 0
        /// The first is served first; they are few beside what a connection costs.
        var waiters: [Waiter] = []
        var lastWaiter: UInt64 = 0
        var isClosed = false
    }

    private enum Lease {
        case kept(KeptConnection)
        case new
        case wait
    }

    private let destination: Destination
    private let state = Mutex(State())

    init(to destination: Destination) {
        self.destination = destination
    }

    deinit { close() }

    /// Connections that are on their way end when their answer has come.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for connection in idle { connection.close() }
    }

    /// - Throws: `HTTPMessage.Failure`; what the connection fails with; `CancellationError`.
    func exchange(_ message: HTTPMessage) async throws -> HTTPMessage.Answer {
        var mayRepeat = message.isRepeatable
        while true {
            let connection = try await lease(until: message.deadline)
            do {
                return try await connection.exchange(message)
            } catch HTTPMessage.Failure.ended(answerHadBegun: false) where mayRepeat {
                // The other side may close a kept connection at the moment that a request is sent on it.
                mayRepeat = false
            }
        }
    }

    func takeBack(_ connection: KeptConnection) {
        let (waiter, isClosed) = state.withLock { state -> (Waiter?, Bool) in
            if !state.waiters.isEmpty { return (state.waiters.removeFirst(), false) }
            if !state.isClosed { state.idle.append(connection) }
            return (nil, state.isClosed)
        }
        waiter?.continuation.resume(returning: connection)
        if isClosed { connection.close() }
    }

    /// One that has ended, idle or not. A request that waits may make another in its place.
    func forget(_ connection: KeptConnection) {
        let waiter = state.withLock { state in
            if let position = state.idle.firstIndex(where: { $0 === connection }) { state.idle.remove(at: position) }
            state.count -= 1
            guard !state.waiters.isEmpty else { return Waiter?.none }
            state.count += 1
            return state.waiters.removeFirst()
        }
        waiter?.continuation.resume(returning: nil)
    }

    private func lease(until deadline: NIODeadline) async throws -> KeptConnection {
        // On a loop, a new connection of that loop is cheaper than changing threads with each request, unless it needs a TLS handshake.
        let takesAny = destination.tls != nil || MultiThreadedEventLoopGroup.currentEventLoop == nil
        let lease: Lease = state.withLock { state in
            if let near = state.idle.lastIndex(where: { $0.loop.inEventLoop }) { return .kept(state.idle.remove(at: near)) }
            let isFull = state.count >= destination.maximumConnections
            if takesAny || isFull, let any = state.idle.popLast() { return .kept(any) }
            if isFull { return .wait }
            state.count += 1
            return .new
        }
        switch lease {
        case .kept(let connection): return connection
        case .new: return try await connect(until: deadline)
        case .wait:
            if let connection = try await waitForOne(until: deadline) { return connection }
            return try await connect(until: deadline)
        }
    }

    /// - Returns: Nil when there is room for a new one instead, which is counted already.
    private func waitForOne(until deadline: NIODeadline) async throws -> KeptConnection? {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(deadline: deadline) { [weak self] in
            self?.giveUp(number, HTTPMessage.Failure.late)
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled, NIODeadline.now() < deadline else { return true }
                    state.waiters.append(Waiter(number: number, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume(throwing: Task.isCancelled ? CancellationError() : HTTPMessage.Failure.late) }
            }
        } onCancel: {
            giveUp(number, CancellationError())
        }
    }

    private func giveUp(_ number: UInt64, _ error: any Error) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(throwing: error)
    }

    /// The new one is counted already.
    private func connect(until deadline: NIODeadline) async throws -> KeptConnection {
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? MultiThreadedEventLoopGroup.singleton.any()
        let connection = KeptConnection(on: loop, of: self, idleLimit: destination.idleLimit)
        let (tls, limit) = (destination.tls, max(min(destination.connectLimit, deadline - .now()), .nanoseconds(1)))
        do {
            _ = try await ClientBootstrap(group: loop)
                .connectTimeout(limit)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls.context, serverHostname: tls.name)) }
                        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        try pipeline.addHandler(connection)
                    }
                }
                .connect(to: destination.address).get()
            return connection
        } catch {
            connection.close()
            throw NIODeadline.now() < deadline ? HTTPMessage.Failure.notConnected(error) : .late
        }
    }
}
