// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import Backends
import Domain
import Foundation
import NIOCore
import NIOHTTP1

/// Speaks to servers that this process has started, over connections that are kept.
///
/// It goes to 127.0.0.1 and to sockets of this machine only, follows no redirect and uses no proxy.
package final class LocalServerClient: LocalServers {
    private static let connectLimit = TimeAmount.seconds(2)
    private static let connections = 64

    private let client: HTTPClient

    package init() {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, timeout: .init(connect: Self.connectLimit))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connections
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    package func send(_ request: ServerRequest, to address: LocalServerAddress) async throws -> ServerAnswer {
        try await withThrowingTaskGroup(of: ServerAnswer.self) { group in
            group.addTask { try await self.exchange(request, address) }
            group.addTask {
                try await Task.sleep(for: request.limit)
                throw Problem(
                    .unavailable, "serving.server.late", "The model's server did not answer within \(Self.text(request.limit)).")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private func exchange(_ request: ServerRequest, _ address: LocalServerAddress) async throws -> ServerAnswer {
        var outgoing = HTTPClientRequest(url: try Self.url(of: address, path: request.path))
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        do {
            let response = try await client.execute(outgoing, timeout: .nanoseconds(Int64(request.limit / .nanoseconds(1))))
            var bytes: [UInt8] = []
            for try await chunk in response.body {
                bytes += chunk.readableBytesView.prefix(request.maximumAnswer - bytes.count)
                if bytes.count == request.maximumAnswer { break }
            }
            return ServerAnswer(status: Int(response.status.code), body: bytes)
        } catch {
            if error is CancellationError || error is Problem { throw error }
            throw Problem(
                .unavailable, "serving.server.unreachable", "The model's server cannot be reached, or ended while it was asked.",
                why: "\(error)".printable)
        }
    }

    private static func url(of address: LocalServerAddress, path: String) throws -> String {
        switch address {
        case .port(let port): return "http://127.0.0.1:\(port)\(path)"
        case .socket(let socket):
            guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
                throw Problem(.internal, "serving.server.unreachable", "The path of the server's socket is no path.")
            }
            return url.absoluteString
        }
    }

    private static func text(_ limit: Duration) -> String {
        limit >= .seconds(1) ? "\(limit.components.seconds) s" : "\(limit / .milliseconds(1)) ms"
    }
}
