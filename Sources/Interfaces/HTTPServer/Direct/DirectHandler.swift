// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Answers the requests of one connection that a direct route claims, and passes all others on to the router.
///
/// Answers keep the order of their requests: while the router still works on one of this connection, later ones are its too. A request
/// whose body does not come with its head waits for it here for a moment only; then the router has it, with its limits of time.
///
/// It also ends connections that have been idle for long, and, when the server stops, those without a request in progress.
final class DirectHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private struct Collected {
        var head: HTTPRequestHead
        var route: Int
        var body: ByteBuffer?
    }

    private static let bodyWait = TimeAmount.seconds(1)
    private static let idleLimit = TimeAmount.seconds(75)

    private let answering: DirectAnswering
    private var memory = DirectAnswering.Memory()
    private var collected: Collected?
    /// Requests that the router has and has not answered.
    private var passed = 0
    /// Whether the router has begun to be given a request whose end has not come.
    private var isPassing = false
    private var endsAfterAnswer = false
    private var wait: Scheduled<Void>?
    private var idleCheck: Scheduled<Void>?
    private var lastActivity = NIODeadline.now()
    /// Where whole answers are written, past the encoder, which takes parts.
    private var output: ChannelHandlerContext?

    init(_ answering: DirectAnswering) {
        self.answering = answering
    }

    func handlerAdded(context: ChannelHandlerContext) {
        output = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        if context.channel.isActive { scheduleIdleCheck(context, in: Self.idleLimit) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        forget()
    }

    func channelActive(context: ChannelHandlerContext) {
        scheduleIdleCheck(context, in: Self.idleLimit)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        forget()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if passed == 0, let route = answering.route(claiming: head) {
                collected = Collected(head: head, route: route)
                return
            }
            passed += 1
            isPassing = true
        case .body(let buffer):
            if collected != nil {
                if append(buffer) { return }
                handOver(context)
            }
        case .end(let trailers):
            if collected != nil {
                if trailers == nil, answer(context) { return }
                handOver(context)
            }
            isPassing = false
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        lastActivity = .now()
        if collected != nil, wait == nil {
            wait = schedule(on: context, in: Self.bodyWait) { [self] in
                wait = nil
                handOver(context)
            }
        }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A body that cannot be read on: the router answers what can still be answered.
        handOver(context)
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            if passed == 0, collected == nil { context.close(promise: nil) } else { endsAfterAnswer = true }
            return
        }
        // Half a request will not become whole.
        if case .some(.inputClosed) = event as? ChannelEvent { handOver(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        if passed > 0 { passed -= 1 }
        lastActivity = .now()
        guard endsAfterAnswer, passed == 0 else { return context.write(data, promise: promise) }
        context.writeAndFlush(data, promise: promise)
        context.close(promise: nil)
    }

    /// - Returns: False when the body has become too large for this way.
    private func append(_ buffer: ByteBuffer) -> Bool {
        guard (collected?.body?.readableBytes ?? 0) + buffer.readableBytes <= DirectAnswering.bodyLimit else { return false }
        if collected?.body == nil {
            collected?.body = buffer
        } else {
            collected?.body?.writeImmutableBuffer(buffer)
        }
        return true
    }

    private func answer(_ context: ChannelHandlerContext) -> Bool {
        guard let request = collected, let output,
            let answer = answering.answer(request.head, body: request.body ?? ByteBuffer(), by: request.route, &memory)
        else { return false }
        collected = nil
        wait?.cancel()
        wait = nil
        guard endsAfterAnswer || !request.head.isKeepAlive else {
            output.writeAndFlush(NIOAny(answer), promise: nil)
            return true
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolatedUnsafeUnchecked().whenComplete { _ in context.close(promise: nil) }
        output.writeAndFlush(NIOAny(answer), promise: written)
        return true
    }

    /// What has been read of a request goes on to the router.
    private func handOver(_ context: ChannelHandlerContext) {
        guard let request = collected else { return }
        collected = nil
        wait?.cancel()
        wait = nil
        passed += 1
        isPassing = true
        context.fireChannelRead(wrapInboundOut(.head(request.head)))
        if let body = request.body { context.fireChannelRead(wrapInboundOut(.body(body))) }
        context.fireChannelReadComplete()
    }

    /// A request that comes too slowly counts as idle, one that is being answered does not.
    private func scheduleIdleCheck(_ context: ChannelHandlerContext, in time: TimeAmount) {
        guard idleCheck == nil else { return }
        idleCheck = schedule(on: context, in: time) { [self] in
            idleCheck = nil
            let idle = NIODeadline.now() - lastActivity
            if passed > 0, !isPassing {
                scheduleIdleCheck(context, in: Self.idleLimit)
            } else if idle >= Self.idleLimit {
                context.close(promise: nil)
            } else {
                scheduleIdleCheck(context, in: Self.idleLimit - idle)
            }
        }
    }

    private func schedule(on context: ChannelHandlerContext, in time: TimeAmount, _ body: @escaping () -> Void) -> Scheduled<Void> {
        // The handler, its context and the task are of one event loop.
        context.eventLoop.assumeIsolatedUnsafeUnchecked().scheduleTask(in: time, body)
    }

    private func forget() {
        collected = nil
        output = nil
        wait?.cancel()
        idleCheck?.cancel()
        idleCheck = nil
    }
}
