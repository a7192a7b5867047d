// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A connection for one request at a time, kept for more.
///
/// All but `exchange` and `close` is called on its event loop.
final class KeptConnection: ChannelInboundHandler, @unchecked Sendable {
    // Its state is touched on `loop` alone.
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private struct Exchange {
        var number: UInt64
        var maximumAnswer: Int
        var continuation: CheckedContinuation<HTTPMessage.Answer, any Error>
        var timer: Scheduled<Void>
        var status: Int?
        var isKeptAlive = false
        var isSent = false
        var body: [UInt8] = []
    }

    let loop: any EventLoop
    private let idleLimit: TimeAmount
    private weak var pool: ConnectionPool?
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var lastNumber: UInt64 = 0
    private var idleSince = NIODeadline.now()
    private var idleCheck: Scheduled<Void>?
    private var isOver = false

    init(on loop: any EventLoop, of pool: ConnectionPool, idleLimit: TimeAmount) {
        self.loop = loop
        self.pool = pool
        self.idleLimit = idleLimit
    }

    /// - Throws: `HTTPMessage.Failure`; what the connection fails with; `CancellationError`, and the connection ends then.
    func exchange(_ message: HTTPMessage) async throws -> HTTPMessage.Answer {
        let cancelled = CancelledFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                onLoop { connection in
                    if cancelled.isSet {
                        continuation.resume(throwing: CancellationError())
                        connection.end()
                    } else {
                        cancelled.number = connection.begin(message, continuation)
                    }
                }
            }
        } onCancel: {
            onLoop { connection in
                cancelled.isSet = true
                guard let number = cancelled.number, connection.exchange?.number == number else { return }
                connection.fail(CancellationError())
            }
        }
    }

    /// Closes it, with what is on its way.
    func close() {
        onLoop { $0.end() }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // An answer that nobody asked for.
            guard exchange != nil else { return end() }
            exchange?.status = Int(head.status.code)
            exchange?.isKeptAlive = head.isKeepAlive
        case .body(let buffer):
            guard let room = exchange.map({ $0.maximumAnswer - $0.body.count }) else { return }
            exchange?.body.append(contentsOf: buffer.readableBytesView.prefix(room))
            guard buffer.readableBytes > room else { return }
            exchange?.isKeptAlive = false
            finish()
        case .end: finish()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(HTTPMessage.Failure.ended(answerHadBegun: exchange?.status != nil))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // How the decoder says that the other side ended the connection.
        let isEnd = error as? HTTPParserError == .invalidEOFState
        fail(isEnd ? HTTPMessage.Failure.ended(answerHadBegun: exchange?.status != nil) : error)
    }

    private func onLoop(_ body: @escaping @Sendable (KeptConnection) -> Void) {
        if loop.inEventLoop { body(self) } else { loop.execute { body(self) } }
    }

    /// - Returns: The exchange's number; nil when the connection is over.
    private func begin(_ message: HTTPMessage, _ continuation: CheckedContinuation<HTTPMessage.Answer, any Error>) -> UInt64? {
        guard !isOver, exchange == nil, let context else {
            continuation.resume(throwing: HTTPMessage.Failure.ended(answerHadBegun: false))
            return nil
        }
        lastNumber += 1
        let number = lastNumber
        let timer = loop.scheduleTask(deadline: message.deadline) { [self] in
            if exchange?.number == number { fail(HTTPMessage.Failure.late) }
        }
        exchange = Exchange(number: number, maximumAnswer: message.maximumAnswer, continuation: continuation, timer: timer)
        context.write(wrapOutboundOut(.head(message.head)), promise: nil)
        if !message.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: message.body)))), promise: nil)
        }
        let sent = loop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { [self] result in
            guard exchange?.number == number else { return }
            switch result {
            case .success: exchange?.isSent = true
            case .failure(let error): fail(error)
            }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
        return number
    }

    private func finish() {
        guard let done = exchange, let status = done.status else { return end() }
        exchange = nil
        done.timer.cancel()
        // An answer that came before all was sent: what is still to be sent would come in the way of the next request.
        if done.isKeptAlive, done.isSent, !isOver, let pool {
            idleSince = .now()
            scheduleIdleCheck(in: idleLimit)
            pool.takeBack(self)
        } else {
            end()
        }
        done.continuation.resume(returning: HTTPMessage.Answer(status: status, body: done.body))
    }

    private func fail(_ error: any Error) {
        let failed = exchange
        exchange = nil
        failed?.timer.cancel()
        end()
        failed?.continuation.resume(throwing: error)
    }

    private func end() {
        guard !isOver else { return }
        isOver = true
        idleCheck?.cancel()
        idleCheck = nil
        if let failed = exchange {
            exchange = nil
            failed.timer.cancel()
            failed.continuation.resume(throwing: HTTPMessage.Failure.ended(answerHadBegun: failed.status != nil))
        }
        pool?.forget(self)
        context?.close(promise: nil)
        context = nil
    }

    /// One timer for a connection, however many requests it carries.
    private func scheduleIdleCheck(in time: TimeAmount) {
        guard idleCheck == nil else { return }
        idleCheck = loop.scheduleTask(in: time) { [self] in
            idleCheck = nil
            guard exchange == nil, !isOver else { return }
            let idle = NIODeadline.now() - idleSince
            if idle >= idleLimit { end() } else { scheduleIdleCheck(in: idleLimit - idle) }
        }
    }

    /// Touched on the connection's loop alone.
    private final class CancelledFlag: @unchecked Sendable {
        var isSet = false
        var number: UInt64?
    }
}
