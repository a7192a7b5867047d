// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Answers the requests of one connection that a direct route claims, and passes all others on to the router.
///
/// Answers keep the order of their requests: while the router still works on one of this connection, later ones are its too; while a direct
/// answer is waited for, nothing more is read, and what has been read already is held. A request whose body does not come with its head waits for it here for a moment only; then the router has it, with its limits of time.
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
    /// The answer that is waited for.
    private var pending: Task<Void, Never>?
    /// What came while an answer was waited for, at most what one read brings.
    private var held: [HTTPServerRequestPart] = []
    private var isReadHeld = false
    private var isInputEndHeld = false
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
        let part = unwrapInboundIn(data)
        guard pending == nil else { return held.append(part) }
        take(part, context)
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
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
        context.fireChannelRead(wrapInboundOut(part))
    }

    func read(context: ChannelHandlerContext) {
        if pending == nil { context.read() } else { isReadHeld = true }
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
            if passed == 0, collected == nil, pending == nil { context.close(promise: nil) } else { endsAfterAnswer = true }
            return
        }
        // Half a request will not become whole.
        if case .some(.inputClosed) = event as? ChannelEvent {
            guard pending == nil else { return isInputEndHeld = true }
            handOver(context)
        }
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

    /// - Returns: False when the request is the router's.
    private func answer(_ context: ChannelHandlerContext) -> Bool {
        guard let request = collected, output != nil else { return false }
        let isLast = !request.head.isKeepAlive
        switch answering.answer(request.head, body: request.body ?? ByteBuffer(), by: request.route, &memory) {
        case .router: return false
        case .written(let answer):
            forgetCollected()
            write(answer, isLast: isLast, context)
        case .later(let work):
            forgetCollected()
            let me = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            pending = Task {
                let answer = await work()
                let loop = me.eventLoop
                if loop.inEventLoop {
                    me.value.handler.finish(answer, isLast: isLast, me.value.context)
                } else {
                    loop.execute { me.value.handler.finish(answer, isLast: isLast, me.value.context) }
                }
            }
        }
        return true
    }

    private func forgetCollected() {
        collected = nil
        wait?.cancel()
        wait = nil
    }

    private func write(_ answer: ByteBuffer, isLast: Bool, _ context: ChannelHandlerContext) {
        guard let output else { return }
        guard endsAfterAnswer || isLast else { return output.writeAndFlush(NIOAny(answer), promise: nil) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolatedUnsafeUnchecked().whenComplete { _ in context.close(promise: nil) }
        output.writeAndFlush(NIOAny(answer), promise: written)
    }

    /// An answer that was waited for is there.
    private func finish(_ answer: ByteBuffer, isLast: Bool, _ context: ChannelHandlerContext) {
        guard pending != nil else { return }
        pending = nil
        lastActivity = .now()
        write(answer, isLast: isLast, context)
        guard !isLast, !endsAfterAnswer else { return }
        let parts = held
        held = []
        for part in parts { if pending == nil { take(part, context) } else { held.append(part) } }
        guard pending == nil else { return }
        if !parts.isEmpty { channelReadComplete(context: context) }
        if isInputEndHeld {
            isInputEndHeld = false
            userInboundEventTriggered(context: context, event: ChannelEvent.inputClosed)
        }
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
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
            if pending != nil || passed > 0 && !isPassing {
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
        pending?.cancel()
        pending = nil
        held = []
        collected = nil
        output = nil
        wait?.cancel()
        idleCheck?.cancel()
        idleCheck = nil
    }
}
