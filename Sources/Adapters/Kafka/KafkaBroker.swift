// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Synchronization

/// Topics of Kafka, by librdkafka, which is loaded with the first stream that needs it.
package final class KafkaBroker: EventBroker {
    private let allowance: EgressAllowance
    private let load: @Sendable () throws -> KafkaLibrary
    private let loaded = Mutex<KafkaLibrary?>(nil)

    /// - Parameters:
    ///   - allowance: Where it may connect to beside the public internet; brokers that others name are held to it too.
    ///   - load: Asked again with the next stream when it throws.
    package init(allowance: EgressAllowance, load: @escaping @Sendable () throws -> KafkaLibrary) {
        self.allowance = allowance
        self.load = load
    }

    package func source(at place: BrokerPlace) async throws -> any EventSource {
        try KafkaSource(place: place, library: try library(), allowance: allowance)
    }

    package func sink(at place: BrokerPlace) async throws -> any EventSink {
        KafkaSink(place: place, library: try library(), allowance: allowance)
    }

    private func library() throws -> KafkaLibrary {
        try loaded.withLock { loaded in
            if let loaded { return loaded }
            let library = try load()
            loaded = library
            return library
        }
    }
}
