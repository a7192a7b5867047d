// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server that says over how many connections it was asked, and may hang up, or answer badly or never.
final class CountingServer: Sendable {
    enum Manner: Sendable, Equatable {
        case answers
        /// Closes the connection instead of answering the request of that number, counted from 1 over all connections.
        case hangsUp(at: Int)
        case never
        /// Hangs up in the middle of its answers.
        case breaksOff
    }

    let port: Int
    private let channel: any Channel
    private let counts: Counts

    final class Counts: Sendable {
        let connections = Atomic<Int>(0)
        let requests = Atomic<Int>(0)
    }

    var connections: Int { counts.connections.load(ordering: .relaxed) }
    var requests: Int { counts.requests.load(ordering: .relaxed) }

    init(_ manner: Manner = .answers) async throws {
        let counts = Counts()
        self.counts = counts
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                counts.connections.wrappingAdd(1, ordering: .relaxed)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Answering(counts: counts, manner: manner))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let counts: Counts
        private let manner: Manner

        init(counts: Counts, manner: Manner) {
            self.counts = counts
            self.manner = manner
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            let number = counts.requests.wrappingAdd(1, ordering: .relaxed).newValue
            if manner == .hangsUp(at: number) { return context.close(promise: nil) }
            if manner == .never { return }
            let length = manner == .breaksOff ? "20" : "2"
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": length])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "ok")))), promise: nil)
            if manner == .breaksOff {
                context.flush()
                return context.close(promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
