// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import NIOCore
import NIOPosix
package import NIOSSL

/// Streams of Redis 5 and later, and of servers that speak like it.
package struct RedisBroker: EventBroker {
    private let allowance: EgressAllowance
    private let roots: NIOSSLTrustRoots
    private let patience: Duration

    /// - Parameters:
    ///   - allowance: Where it may connect to beside the public internet.
    ///   - roots: Who may vouch for servers.
    ///   - patience: How long to wait for an answer.
    package init(allowance: EgressAllowance, roots: NIOSSLTrustRoots = .default, patience: Duration = .seconds(10)) {
        self.allowance = allowance
        self.roots = roots
        self.patience = patience
    }

    package func source(at place: BrokerPlace) async throws -> any EventSource {
        RedisSource(place: place, connector: try connector(place))
    }

    package func sink(at place: BrokerPlace) async throws -> any EventSink {
        RedisSink(place: place, connector: try connector(place))
    }

    private func connector(_ place: BrokerPlace) throws -> RedisConnector {
        var tls: NIOSSLContext?
        if place.usesTLS {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = roots
            tls = try NIOSSLContext(configuration: configuration)
        }
        return RedisConnector(place: place, allowance: allowance, tls: tls, patience: patience)
    }
}
