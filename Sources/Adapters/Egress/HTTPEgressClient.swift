// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import Backends
import Domain
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Sends each request over a connection of its own to an address that was checked.
package struct HTTPEgressClient: EgressClient {
    static let connectLimit = TimeAmount.seconds(4)
    /// Addresses of one host that are tried in turn.
    static let maximumTries = 3

    private let allowance: EgressAllowance
    private let resolver = AddressResolver()

    package init(allowance: EgressAllowance) {
        self.allowance = allowance
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
            } catch {
                throw Self.problem(error, request.url)
            }
        }
        throw Self.problem(last, request.url)
    }

    private func send(_ request: EgressRequest, to address: InternetAddress) async throws -> EgressAnswer {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration(for: request.url, at: address))
        do {
            var outgoing = HTTPClientRequest(url: request.url.text)
            outgoing.method = HTTPMethod(rawValue: request.method)
            for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
            outgoing.body = .bytes(ByteBuffer(bytes: request.body))
            let response = try await client.execute(outgoing, timeout: .nanoseconds(Int64(request.limit / .nanoseconds(1))))
            let answer = EgressAnswer(
                status: Int(response.status.code), body: try await Self.beginning(of: response.body, limit: request.maximumAnswer))
            try await client.shutdown()
            return answer
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    func configuration(for url: EgressURL, at address: InternetAddress) -> HTTPClient.Configuration {
        var transport = TLSConfiguration.makeClientConfiguration()
        transport.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: transport, redirectConfiguration: .disallow, timeout: .init(connect: Self.connectLimit))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        // A literal is the address that was checked; a name must not be looked up a second time.
        if InternetAddress(url.host) == nil { configuration.dnsOverride = [url.host: address.description] }
        return configuration
    }

    /// All of the host's addresses, when nothing speaks against any of them.
    func addresses(of url: EgressURL) async throws -> [InternetAddress] {
        let addresses = try await resolver.addresses(of: url.host)
        if let refused = addresses.first(where: { !allowance.permits($0, of: url.host) }) {
            throw Problem(
                .invalid, "egress.address.refused", "Nothing is sent to \(url.host): its address \(refused) is not a public IP address.",
                why: "Loopback, link-local, private and multicast addresses are reached only when the server is told so.",
                fix: "Start the server with --egress-allow \(refused), or give a public URL.")
        }
        return addresses
    }

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
