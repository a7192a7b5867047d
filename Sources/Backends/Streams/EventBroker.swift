// SPDX-License-Identifier: Apache-2.0

/// A kind of broker: gives sources and sinks at places. Implementations: `RedisBroker`, `KafkaBroker`.
package protocol EventBroker: Sendable {
    /// Checks the place as far as that needs no connection; connects with the first batch.
    ///
    /// - Throws: `Problem` `.invalid` for a place it cannot use, `.unavailable` when a library is missing.
    func source(at place: BrokerPlace) async throws -> any EventSource
    func sink(at place: BrokerPlace) async throws -> any EventSink
}

/// Where in a broker records are, with what it takes to get there.
package struct BrokerPlace: Sendable, Equatable {
    package struct Server: Sendable, Hashable {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package var servers: [Server]
    /// The stream's key, the topic.
    package var name: String
    package var usesTLS: Bool
    package var user: String?
    package var password: Password?
    /// How the password is given, where the broker knows several ways.
    package var mechanism: String?
    /// The number of the database, where there are several.
    package var database: Int
    /// Whether reading begins with what comes after the first look, rather than with what is there.
    package var startsAtEnd: Bool
    /// Most records that are kept there; older ones are dropped by the broker.
    package var maximumLength: Int?

    package init(
        servers: [Server], name: String, usesTLS: Bool = false, user: String? = nil, password: Password? = nil, mechanism: String? = nil,
        database: Int = 0, startsAtEnd: Bool = false, maximumLength: Int? = nil
    ) {
        self.servers = servers
        self.name = name
        self.usesTLS = usesTLS
        self.user = user
        self.password = password
        self.mechanism = mechanism
        self.database = database
        self.startsAtEnd = startsAtEnd
        self.maximumLength = maximumLength
    }

    /// Prints as nothing.
    package struct Password: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
        package let value: String

        package init(_ value: String) { self.value = value }

        package var description: String { "<redacted>" }
        package var debugDescription: String { "<redacted>" }
    }
}
