// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import NIOCore

/// Speaks to servers that this process has started, over connections that are kept.
///
/// It goes to 127.0.0.1 and to sockets of this machine only, follows no redirect and uses no proxy.
package final class LocalServerClient: LocalServers {
    private static let connectLimit = TimeAmount.seconds(2)
    /// Below what servers wait before they close (gunicorn: 2 s).
    private static let idleLimit = TimeAmount.milliseconds(1_500)
    private static let connections = 64

    private let store = ConnectionStore<LocalServerAddress>()

    package init() {}

    package func send(_ request: ServerRequest, to address: LocalServerAddress) async throws -> ServerAnswer {
        let message = HTTPMessage(
            method: request.method, target: request.path, host: Self.host(of: address), headers: request.headers, body: request.body,
            maximumAnswer: request.maximumAnswer, deadline: .now() + .nanoseconds(Int64(request.limit / .nanoseconds(1))),
            isRepeatable: false)
        do {
            let answer = try await pool(to: address).exchange(message)
            return ServerAnswer(status: answer.status, body: answer.body)
        } catch HTTPMessage.Failure.late {
            throw Problem(.unavailable, "serving.server.late", "The model's server did not answer within \(Self.text(request.limit)).")
        } catch {
            if error is CancellationError || error is Problem { throw error }
            throw Problem(
                .unavailable, "serving.server.unreachable", "The model's server cannot be reached, or ended while it was asked.",
                why: "\(error)".printable)
        }
    }

    private func pool(to address: LocalServerAddress) throws -> ConnectionPool {
        try store.connections(to: address) {
            let place: SocketAddress
            switch address {
            case .port(let port): place = try SocketAddress(ipAddress: "127.0.0.1", port: port)
            case .socket(let path): place = try SocketAddress(unixDomainSocketPath: path)
            }
            return ConnectionPool.Destination(
                address: place, maximumConnections: Self.connections, connectLimit: Self.connectLimit, idleLimit: Self.idleLimit)
        }
    }

    private static func host(of address: LocalServerAddress) -> String {
        switch address {
        case .port(let port): "127.0.0.1:\(port)"
        case .socket: "localhost"
        }
    }

    private static func text(_ limit: Duration) -> String {
        limit >= .seconds(1) ? "\(limit.components.seconds) s" : "\(limit / .milliseconds(1)) ms"
    }
}
