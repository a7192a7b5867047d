// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import Backends
import Domain
import NIOCore
import NIOHTTP1
import NIOPosix

/// Large answers, read as they come.
extension HTTPEgressClient: EgressExchange {
    /// For the whole of a request; `patience` ends those that stand still long before.
    private static let longestExchange = TimeAmount.hours(1)

    /// One for an exchange, ended when nobody reads its answer any more.
    fileprivate final class Connection: Sendable {
        let client: HTTPClient

        init(_ configuration: HTTPClient.Configuration) {
            client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }

        deinit { client.shutdown { _ in } }
    }

    package func exchange(_ request: EgressTransfer) async throws -> EgressStream {
        var last: any Error = CancellationError()
        for address in try await addresses(of: request.url).prefix(Self.maximumTries) {
            do {
                return try await begin(request, at: address)
            } catch let error where Self.isBeforeConnection(error) {
                last = error
            } catch {
                throw Self.problem(error, request.url)
            }
        }
        throw Self.problem(last, request.url)
    }

    /// Nothing has been sent, so another address may be tried.
    private static func isBeforeConnection(_ error: any Error) -> Bool {
        error is NIOConnectionError || error as? HTTPClientError == .connectTimeout
    }

    private func begin(_ request: EgressTransfer, at address: InternetAddress) async throws -> EgressStream {
        let patience = TimeAmount.nanoseconds(Int64(request.patience / .nanoseconds(1)))
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: Self.transport, redirectConfiguration: .disallow,
            timeout: .init(connect: Self.connectLimit, read: patience, write: patience))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        // A literal is the address that was checked; a name must not be looked up a second time.
        if InternetAddress(request.url.host) == nil { configuration.dnsOverride = [request.url.host: address.description] }
        let connection = Connection(configuration)
        var outgoing = HTTPClientRequest(url: request.url.text)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
            outgoing.body = .bytes(ByteBuffer(bytes: request.body))
        }
        let response = try await connection.client.execute(outgoing, timeout: Self.longestExchange)
        return EgressStream(
            status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
            body: Pieces(body: response.body, connection: connection, url: request.url))
    }
}

private struct Pieces: AsyncSequence, Sendable {
    let body: HTTPClientResponse.Body
    let connection: HTTPEgressClient.Connection
    let url: EgressURL

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: HTTPClientResponse.Body.AsyncIterator
        let connection: HTTPEgressClient.Connection
        let url: EgressURL

        mutating func next() async throws -> [UInt8]? {
            do {
                return try await rest.next().map { Array($0.readableBytesView) }
            } catch {
                throw HTTPEgressClient.problem(error, url)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(rest: body.makeAsyncIterator(), connection: connection, url: url)
    }
}
