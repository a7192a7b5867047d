// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Backends
import NIOCore
import NIOSSL
import Synchronization

/// Connections that are kept for further requests, each to an address that was checked.
///
/// A connection that nothing has used for `idleLimit` is closed, and so are those of the host that was used longest ago when there are more
/// hosts than `maximumHosts`; requests on their way come to their end.
final class ConnectionStore: Sendable {
    /// One host at one address.
    private struct Key: Hashable {
        var origin: String
        var address: InternetAddress
    }

    /// Closes its connections when nobody has a request on them and the store has forgotten it.
    final class Connections: Sendable {
        let client: HTTPClient

        init(_ configuration: HTTPClient.Configuration) {
            client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }

        deinit { client.shutdown { _ in } }
    }

    private struct State {
        var kept: [Key: (connections: Connections, lastUse: UInt64)] = [:]
        var uses: UInt64 = 0
    }

    private static let maximumHosts = 64
    static let connectLimit = TimeAmount.seconds(4)
    /// Below what servers wait before they close (gunicorn: 2 s), so that few requests meet a connection that is being closed.
    private static let idleLimit = TimeAmount.milliseconds(1_500)
    /// To one host; further requests wait for one of them.
    private static let connectionsPerHost = 256

    private let state = Mutex(State())

    /// O(1); O(`maximumHosts`) for a host that is new.
    func connections(to url: EgressURL, at address: InternetAddress) -> Connections {
        let key = Key(origin: url.origin, address: address)
        return state.withLock { state in
            state.uses += 1
            if let found = state.kept[key]?.connections {
                state.kept[key]?.lastUse = state.uses
                return found
            }
            if state.kept.count >= Self.maximumHosts, let oldest = state.kept.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
                state.kept[oldest] = nil
            }
            let made = Connections(Self.configuration(for: url, at: address))
            state.kept[key] = (made, state.uses)
            return made
        }
    }

    static func configuration(for url: EgressURL, at address: InternetAddress) -> HTTPClient.Configuration {
        var transport = TLSConfiguration.makeClientConfiguration()
        transport.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: transport, redirectConfiguration: .disallow, timeout: .init(connect: connectLimit))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = idleLimit
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerHost
        configuration.httpVersion = .http1Only
        // A literal is the address that was checked; a name must not be looked up a second time.
        if InternetAddress(url.host) == nil { configuration.dnsOverride = [url.host: address.description] }
        return configuration
    }
}
