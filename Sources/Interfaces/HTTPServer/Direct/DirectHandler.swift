// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers the requests of one connection that a direct route claims, and passes all others on to the router.
///
/// Answers keep the order of their requests: while the router still works on one of this connection, later ones are its too. A request
/// whose body does not come with its head waits for it here for a moment only; then the router has it, with its limits of time.
final class DirectHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private struct Collected {
        var head: HTTPRequest
        var route: Int
        var body: ByteBuffer?
    }

    private static let bodyWait = TimeAmount.seconds(1)

    private let answering: DirectAnswering
    private var collected: Collected?
    /// Requests that the router has and has not answered.
    private var passed = 0
    private var wait: Scheduled<Void>?

    init(_ answering: DirectAnswering) {
        self.answering = answering
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            if passed == 0, let route = answering.route(claiming: head) {
                collected = Collected(head: head, route: route)
                return
            }
            passed += 1
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
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if collected != nil, wait == nil {
            // The handler and the task are of the same event loop.
            let loop = context.eventLoop.assumeIsolatedUnsafeUnchecked()
            wait = loop.scheduleTask(in: Self.bodyWait) { [self] in
                wait = nil
                if collected != nil { handOver(context) }
            }
        }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        collected = nil
        wait?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A body that cannot be read on: the router answers what can still be answered.
        if collected != nil { handOver(context) }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), passed > 0 { passed -= 1 }
        context.write(data, promise: promise)
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
        guard let request = collected,
            let answer = answering.answer(request.head, body: request.body ?? ByteBuffer(), by: request.route)
        else { return false }
        collected = nil
        wait?.cancel()
        wait = nil
        context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        if request.head.headerFields[.connection]?.lowercased() == "close" {
            context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolatedUnsafeUnchecked().whenComplete { _ in
                context.close(promise: nil)
            }
        } else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        return true
    }

    /// What has been read of a request goes on to the router.
    private func handOver(_ context: ChannelHandlerContext) {
        guard let request = collected else { return }
        collected = nil
        wait?.cancel()
        wait = nil
        passed += 1
        context.fireChannelRead(wrapInboundOut(.head(request.head)))
        if let body = request.body { context.fireChannelRead(wrapInboundOut(.body(body))) }
        context.fireChannelReadComplete()
    }
}
