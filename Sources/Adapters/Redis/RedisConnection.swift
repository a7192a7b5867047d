// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import NIOCore
import NIOPosix
import NIOSSL

/// One connection to a Redis server, signed in. Commands may be sent together; a connection that is late with an answer is closed.
final class RedisConnection: Sendable {
    static let connectTimeout = TimeAmount.seconds(5)

    private let channel: any Channel
    private let patience: Duration

    private init(_ channel: any Channel, _ patience: Duration) {
        self.channel = channel
        self.patience = patience
    }

    /// - Parameter patience: How long to wait for an answer, beside what a command itself waits.
    /// - Throws: `Problem` `.unavailable`.
    static func open(
        _ place: BrokerPlace, _ addresses: [SocketAddress], tls: NIOSSLContext?, patience: Duration
    ) async throws -> RedisConnection {
        let host = place.servers[0].host
        let name = InternetAddress(host) == nil ? host : nil
        var last: any Error = gone("Its name has no address.")
        for address in addresses {
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(connectTimeout)
                .channelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls {
                            try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                        }
                        try channel.pipeline.syncOperations.addHandler(RedisChannelHandler())
                    }
                }
            do {
                let connection = RedisConnection(try await bootstrap.connect(to: address).get(), patience)
                do {
                    try await connection.begin(place)
                    return connection
                } catch {
                    await connection.close()
                    throw error
                }
            } catch let problem as Problem {
                last = problem
            } catch {
                last = gone("It cannot be reached.")
            }
        }
        throw last
    }

    /// - Throws: `Problem` `.unavailable` when the connection ends or the answer is late or a refusal.
    func call(_ command: [String], waiting wait: Duration = .zero) async throws -> RedisValue {
        try await call([command.map { Array($0.utf8) }], waiting: wait)[0]
    }

    /// Sends commands together; the answers come in their order.
    func call(_ commands: [[[UInt8]]], waiting wait: Duration = .zero) async throws -> [RedisValue] {
        var bytes = channel.allocator.buffer(capacity: 1024)
        for command in commands {
            bytes.writeString("*\(command.count)\r\n")
            for part in command {
                bytes.writeString("$\(part.count)\r\n")
                bytes.writeBytes(part)
                bytes.writeString("\r\n")
            }
        }
        let loop = channel.eventLoop
        let answers = commands.map { _ in loop.makePromise(of: RedisValue.self) }
        let channel = channel
        let timer = loop.scheduleTask(in: TimeAmount(wait + patience)) { channel.close(promise: nil) }
        defer { timer.cancel() }
        // Once it is written the handler answers or fails all of them; a channel that is closed has no handler.
        let written = loop.makePromise(of: Void.self)
        written.futureResult.whenFailure { _ in
            for answer in answers { answer.fail(Self.gone("The connection ended.")) }
        }
        channel.writeAndFlush(RedisChannelHandler.RedisCall(bytes: bytes, answers: answers), promise: written)
        return try await withTaskCancellationHandler {
            var values: [RedisValue] = []
            var refusal: Problem?
            for answer in answers {
                let value = try await answer.futureResult.get()
                if case .error(let text) = value { refusal = refusal ?? Self.refused(text) }
                values.append(value)
            }
            if let refusal { throw refusal }
            return values
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    func close() async {
        try? await channel.close()
    }

    private func begin(_ place: BrokerPlace) async throws {
        if let password = place.password { _ = try await call(["AUTH"] + (place.user.map { [$0] } ?? []) + [password.value]) }
        if place.database != 0 { _ = try await call(["SELECT", String(place.database)]) }
        _ = try await call(["PING"])
    }

    static func gone(_ why: String) -> Problem {
        Problem(
            .unavailable, "redis.server.away", "The Redis server does not answer.", why: why,
            fix: "Check its address, and that it runs; what waits is done when it is back.")
    }

    /// The word alone: the sentence after it may repeat what was sent.
    static func refused(_ text: String) -> Problem {
        let word = text.prefix { $0 != " " }
        let why =
            switch word {
            case "NOAUTH", "WRONGPASS": "It wants another user or password."
            case "NOPERM": "The user may not do this there."
            case "WRONGTYPE": "The key holds something that is no stream."
            case "LOADING": "It is still loading its data."
            case "OOM": "It has no memory left."
            case "READONLY": "It is a replica, which takes no writes."
            default: "It says \(String(word).printable)."
            }
        return Problem(
            .unavailable, "redis.server.refused", "The Redis server refuses.", why: why,
            fix: "Put it right there, or in the stream's document.")
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        self = .milliseconds(duration.milliseconds)
    }
}
