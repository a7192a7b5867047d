// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A tiny HTTP server on a free port of the loopback address; its answers are a function of the request.
final class EndpointServer: Sendable {
    struct Request: Sendable {
        var path: String
        var headers: [String: String]
        var body: Data
        /// How many requests came before.
        var number: Int
    }

    struct Answer: Sendable {
        var status = 200
        var body: Data
        /// Closes the connection instead of answering.
        var isSilent = false
    }

    let address: String
    private let channel: any Channel
    private let seen: Log

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    var requests: [Request] { seen.requests.withLock { $0 } }

    private init(address: String, channel: any Channel, seen: Log) {
        self.address = address
        self.channel = channel
        self.seen = seen
    }

    static func with<Value>(
        _ answer: @escaping @Sendable (Request) -> Answer, _ body: (EndpointServer) async throws -> Value
    ) async throws -> Value {
        let seen = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(seen: seen, answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = EndpointServer(address: "http://127.0.0.1:\(channel.localAddress?.port ?? 0)", channel: channel, seen: seen)
        let result: Result<Value, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        try await channel.close()
        return try result.get()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let seen: Log
        private let answer: @Sendable (Request) -> Answer
        private var request = Request(path: "", headers: [:], body: Data(), number: 0)

        init(seen: Log, answer: @escaping @Sendable (Request) -> Answer) {
            self.seen = seen
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                let headers = head.headers.map { ($0.name.lowercased(), $0.value) }
                request = Request(path: head.uri, headers: Dictionary(headers, uniquingKeysWith: { $1 }), body: Data(), number: 0)
            case .body(let part): request.body.append(contentsOf: part.readableBytesView)
            case .end:
                let request = seen.requests.withLock { requests in
                    self.request.number = requests.count
                    requests.append(self.request)
                    return self.request
                }
                let answer = answer(request)
                guard !answer.isSilent else { return context.close(promise: nil) }
                let headers = HTTPHeaders([("Content-Length", "\(answer.body.count)")])
                let status = HTTPResponseStatus(statusCode: answer.status)
                context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
