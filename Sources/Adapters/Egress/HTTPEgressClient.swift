// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import Backends
import Domain
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends requests to addresses that were checked, over connections that are kept for a moment.
package struct HTTPEgressClient: EgressClient {
    /// Addresses of one host that are tried in turn.
    static let maximumTries = 3

    private let checked: CheckedAddresses
    private let store = ConnectionStore()

    package init(allowance: EgressAllowance) {
        checked = CheckedAddresses(allowance: allowance)
    }

    package func check(_ url: EgressURL) async throws {
        _ = try await addresses(of: url)
    }

    package func send(_ request: EgressRequest) async throws -> EgressAnswer {
        try await withThrowingTaskGroup(of: EgressAnswer.self) { group in
            group.addTask { try await sendToAny(request) }
            group.addTask {
                try await Task.sleep(for: request.limit)
                throw Problem(
                    .unavailable, "egress.receiver.late", "\(request.url.host) did not answer within \(request.limit.components.seconds) s."
                )
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private func sendToAny(_ request: EgressRequest) async throws -> EgressAnswer {
        let addresses = try await addresses(of: request.url)
        var last: any Error = CancellationError()
        for address in addresses.prefix(Self.maximumTries) {
            do {
                return try await send(request, to: address)
            } catch let error where Self.isBeforeConnection(error) {
                last = error
            } catch let error as HTTPClientError where error == .remoteConnectionClosed && request.isRepeatable {
                return try await repeated(request, to: address)
            } catch {
                throw Self.problem(error, request.url)
            }
        }
        throw Self.problem(last, request.url)
    }

    /// The receiver may close a kept connection at the moment that a request is sent on it.
    private func repeated(_ request: EgressRequest, to address: InternetAddress) async throws -> EgressAnswer {
        do {
            return try await send(request, to: address)
        } catch {
            throw Self.problem(error, request.url)
        }
    }

    private func send(_ request: EgressRequest, to address: InternetAddress) async throws -> EgressAnswer {
        let connections = store.connections(to: request.url, at: address)
        // As long as the request needs its connection, whatever the store forgets.
        defer { withExtendedLifetime(connections) {} }
        var outgoing = HTTPClientRequest(url: request.url.text)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        outgoing.body = .bytes(ByteBuffer(bytes: request.body))
        let response = try await connections.client.execute(outgoing, timeout: .nanoseconds(Int64(request.limit / .nanoseconds(1))))
        return EgressAnswer(
            status: Int(response.status.code), body: try await Self.beginning(of: response.body, limit: request.maximumAnswer))
    }

    func addresses(of url: EgressURL) async throws -> [InternetAddress] { try await checked.of(url.host) }

    private static func beginning(of body: HTTPClientResponse.Body, limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in body {
            bytes += chunk.readableBytesView.prefix(limit - bytes.count)
            if bytes.count == limit { break }
        }
        return bytes
    }

    /// Nothing has been sent, so another address may be tried.
    static func isBeforeConnection(_ error: any Error) -> Bool {
        error is NIOConnectionError || error as? HTTPClientError == .connectTimeout
    }

    static func problem(_ error: any Error, _ url: EgressURL) -> any Error {
        if error is CancellationError || error is Problem { return error }
        if let error = error as? HTTPClientError, [.readTimeout, .writeTimeout, .deadlineExceeded].contains(error) {
            return Problem(.unavailable, "egress.receiver.late", "\(url.host) has not answered in the time it has.")
        }
        return Problem(.unavailable, "egress.receiver.unreachable", "\(url.host) cannot be reached.", why: "\(error)".printable)
    }
}
