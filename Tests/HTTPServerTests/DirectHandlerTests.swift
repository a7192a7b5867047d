// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

@Suite("Answers past the router")
struct DirectHandlerTests {
    @Test("that are waited for keep their place before those that follow on the same connection")
    func order() async throws {
        try await DirectWorld.run { world in
            let answers = try await world.ask("later", "now", "router", "later", "router")
            #expect(answers == ["later", "now", "router", "later", "router"])
        }
    }

    @Test("go to a client that has closed its half")
    func halfClosed() async throws {
        try await DirectWorld.run { world in
            let answers = try await world.ask("later", closesHalf: true)
            #expect(answers == ["later"])
        }
    }

    @Test("are not worked on any more when the client has gone")
    func gone() async throws {
        try await DirectWorld.run { world in
            let channel = try await world.connect()
            try await channel.writeAndFlush(ByteBuffer(string: "POST /never HTTP/1.1\r\nContent-Length: 0\r\n\r\n")).get()
            await world.route.begun.first()
            try await channel.close()
            await world.route.cancelled.first()
        }
    }

    @Test("that fail are refusals in the protocol's words")
    func failing() async throws {
        try await DirectWorld.run { world in
            let answers = try await world.ask("failing")
            #expect(answers.count == 1)
            #expect(answers.first?.contains("It does not work.") == true)
        }
    }
}

/// A signal that a test waits for.
private final class Signal: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    func give() { continuation.yield() }
    func first() async { for await _ in stream { return } }
}

private struct WordRoute: DirectRoute {
    let path = "/direct"
    let permission = Permission.inferenceInvoke
    let problems = ProblemForm.inference
    let begun = Signal()
    let cancelled = Signal()

    func claims(_ head: HTTPRequestHead) -> Bool { true }

    func answer(_ request: DirectRequest) throws -> DirectReply {
        let word = String(request.head.uri.dropFirst())
        switch word {
        case "now": return .answer(Self.answer(word))
        case "later":
            return .later {
                await Task.yield()
                return Self.answer(word)
            }
        case "failing": return .later { throw Problem(.invalid, "test.failing", "It does not work.") }
        case "never":
            return .later {
                begun.give()
                do { try await Task.sleep(for: .seconds(3600)) } catch { cancelled.give() }
                return Self.answer(word)
            }
        default: return .router
        }
    }

    private static func answer(_ word: String) -> DirectAnswer { DirectAnswer(body: Array(word.utf8), contentType: "text/plain") }
}

/// A server with one direct route and, behind it, a router that answers `router`.
private struct DirectWorld {
    let route: WordRoute
    let port: Int

    static func run(_ body: (DirectWorld) async throws -> Void) async throws {
        try await TestDatabase.sqlite.withDatabase([GovernanceMigrations.list, LedgerMigrations.list]) { database in
            let clock = TestClock()
            let governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
            let route = WordRoute()
            let answering = DirectAnswering(
                routes: [route], gate: AccessGate(identity: Identity(governor: governor), governor: governor, mode: .off),
                observer: RequestObserver(metrics: ServerMetrics()), deadlines: RequestDeadlines(), identifiers: governor.identifiers,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                        try channel.pipeline.syncOperations.addHandlers(DirectHandler(answering), RouterStandIn())
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            try await body(DirectWorld(route: route, port: channel.localAddress?.port ?? 0))
            try await channel.close()
        }
    }

    /// A connection that ends at once when it is closed, instead of closing its half first.
    func connect() async throws -> any Channel {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        return channel
    }

    /// Sends all requests at once and returns the bodies of their answers.
    func ask(_ words: String..., closesHalf: Bool = false) async throws -> [String] {
        let bodies = Bodies(count: words.count)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(bodies)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        for word in words {
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/\(word)", headers: ["Content-Length": "0"])
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.write(HTTPClientRequestPart.end(nil), promise: nil)
        }
        channel.flush()
        if closesHalf { try await channel.close(mode: .output).get() }
        await bodies.complete.first()
        try? await channel.close()
        return bodies.all.withLock { $0 }
    }
}

private final class RouterStandIn: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "6"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "router")))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// The bodies of answers, in their order.
private final class Bodies: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart

    let all = Mutex<[String]>([])
    let complete = Signal()
    private let current = Mutex("")
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: current.withLock { $0 = "" }
        case .body(let buffer): current.withLock { $0 += String(buffer: buffer) }
        case .end:
            let body = current.withLock { $0 }
            if all.withLock({
                $0.append(body); return $0.count
            }) == count {
                complete.give()
            }
        }
    }

    /// A connection that ends early has said all it will.
    func channelInactive(context: ChannelHandlerContext) { complete.give() }
}
