// SPDX-License-Identifier: Apache-2.0

import Domain
import NIOCore

/// Gives each command its answer, in order.
final class RedisChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = RedisCall
    typealias OutboundOut = ByteBuffer

    /// Commands that are sent together, with who waits for each answer.
    struct RedisCall: Sendable {
        var bytes: ByteBuffer
        var answers: [EventLoopPromise<RedisValue>]
    }

    private var parser = RedisParser()
    private var waiting = CircularBuffer<EventLoopPromise<RedisValue>>()
    private var failure: (any Error)?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = unwrapOutboundIn(data)
        if let failure {
            for answer in call.answers { answer.fail(failure) }
            promise?.fail(failure)
            return
        }
        waiting.append(contentsOf: call.answers)
        context.write(wrapOutboundOut(call.bytes), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if var rest = partial {
            rest.writeBuffer(&buffer)
            buffer = rest
            partial = nil
        }
        do {
            while let value = try parser.next(&buffer) {
                // An answer that nobody asked for is no answer of this protocol.
                guard let next = waiting.popFirst() else { throw RedisParser.Fault.malformed("An answer to nothing.") }
                next.succeed(value)
            }
            if buffer.readableBytes > 0 { partial = buffer }
        } catch {
            end(context, RedisConnection.gone("It answered in a way that Redis does not: \(error)"))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, RedisConnection.gone("It closed the connection."))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, RedisConnection.gone("\(error)"))
    }

    /// The beginning of a line whose end has not come.
    private var partial: ByteBuffer?

    private func end(_ context: ChannelHandlerContext, _ error: any Error) {
        guard failure == nil else { return }
        failure = error
        while let next = waiting.popFirst() { next.fail(error) }
        context.close(promise: nil)
    }
}
