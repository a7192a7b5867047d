// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import Backends
import Domain
import NIOCore
import NIOPosix
import NIOSSL

/// Sends requests to addresses that were checked, over connections that are kept for a moment.
package struct HTTPEgressClient: EgressClient {
    /// Addresses of one host that are tried in turn.
    static let maximumTries = 3

    static let connectLimit = TimeAmount.seconds(4)
    /// Below what servers wait before they close (gunicorn: 2 s), so that few requests meet a connection that is being closed.
    private static let idleLimit = TimeAmount.milliseconds(1_500)
    /// To one host; further requests wait for one of them.
    private static let connectionsPerHost = 256

    /// One host at one address.
    private struct Place: Hashable {
        var origin: String
        var address: InternetAddress
    }

    private let checked: CheckedAddresses
    private let store = ConnectionStore<Place>()

    static var transport: TLSConfiguration {
        var transport = TLSConfiguration.makeClientConfiguration()
        transport.minimumTLSVersion = .tlsv12
        return transport
    }

    package init(allowance: EgressAllowance) {
        checked = CheckedAddresses(allowance: allowance)
    }

    package func check(_ url: EgressURL) async throws {
        _ = try await addresses(of: url)
    }

    package func send(_ request: EgressRequest) async throws -> EgressAnswer {
        let url = request.url
        let message = HTTPMessage(
            method: request.method, target: url.target, host: url.authority, headers: request.headers, body: request.body,
            maximumAnswer: request.maximumAnswer, deadline: .now() + .nanoseconds(Int64(request.limit / .nanoseconds(1))),
            isRepeatable: request.isRepeatable)
        var last: any Error = CancellationError()
        for address in try await addresses(of: url, until: message.deadline).prefix(Self.maximumTries) {
            do {
                let answer = try await pool(to: url, at: address).exchange(message)
                return EgressAnswer(status: answer.status, body: answer.body)
            } catch HTTPMessage.Failure.late {
                throw Problem(
                    .unavailable, "egress.receiver.late", "\(url.host) did not answer within \(request.limit.components.seconds) s.")
            } catch HTTPMessage.Failure.notConnected(let error) {
                last = error
            } catch {
                throw Self.problem(error, url)
            }
        }
        throw Self.problem(last, url)
    }

    private func pool(to url: EgressURL, at address: InternetAddress) throws -> ConnectionPool {
        try store.connections(to: Place(origin: url.origin, address: address)) {
            ConnectionPool.Destination(
                address: try SocketAddress(ipAddress: address.description, port: url.port),
                // A literal is the address that was checked, and its certificate must be for it.
                tls: try url.isSecure
                    ? (NIOSSLContext(configuration: Self.transport), InternetAddress(url.host) == nil ? url.host : nil) : nil,
                maximumConnections: Self.connectionsPerHost, connectLimit: Self.connectLimit, idleLimit: Self.idleLimit)
        }
    }

    /// All of the host's addresses, when nothing speaks against any of them.
    func addresses(of url: EgressURL, until deadline: NIODeadline = .distantFuture) async throws -> [InternetAddress] {
        try await checked.of(url.host, until: deadline)
    }

    static func problem(_ error: any Error, _ url: EgressURL) -> any Error {
        if error is CancellationError || error is Problem { return error }
        if let error = error as? HTTPClientError, [.readTimeout, .writeTimeout, .deadlineExceeded].contains(error) {
            return Problem(.unavailable, "egress.receiver.late", "\(url.host) has not answered in the time it has.")
        }
        let why =
            switch error {
            case HTTPMessage.Failure.ended(let answerHadBegun):
                answerHadBegun ? "It ended the connection in the middle of its answer." : "It ended the connection without an answer."
            default: "\(error)".printable
            }
        return Problem(.unavailable, "egress.receiver.unreachable", "\(url.host) cannot be reached.", why: why)
    }
}
