// SPDX-License-Identifier: Apache-2.0

import Backends
import Dispatch
import Domain

@testable import Kafka

/// The cluster that librdkafka has built in for tests: it listens on loopback and speaks Kafka's protocol.
///
/// `@unchecked Sendable`: used by one test at a time.
final class MockCluster: @unchecked Sendable {
    private let library: KafkaLibrary
    private let owner: KafkaLibrary.Handle
    private let cluster: OpaquePointer

    static func with(
        topic: String = "t", partitions: Int32 = 2, brokers: Int32 = 1, _ body: (MockCluster, KafkaLibrary) async throws -> Void
    ) async throws {
        let library = try KafkaLibrary.load()
        let cluster = try MockCluster(library, brokers)
        defer { cluster.end() }
        try cluster.create(topic, partitions)
        try await body(cluster, library)
    }

    private init(_ library: KafkaLibrary, _ brokers: Int32) throws {
        self.library = library
        let configuration = library.confNew()
        library.confSetLog(configuration, nil)
        var error = [CChar](repeating: 0, count: 200)
        guard let owner = library.new(0, configuration, &error, error.count) else { throw Self.failure }
        self.owner = owner
        let new: @convention(c) (OpaquePointer?, Int32) -> OpaquePointer? = try library.library.function("rd_kafka_mock_cluster_new")
        guard let cluster = new(owner, brokers) else { throw Self.failure }
        self.cluster = cluster
    }

    func place(_ topic: String = "t") throws -> BrokerPlace {
        let bootstraps: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>? = try library.library.function(
            "rd_kafka_mock_cluster_bootstraps")
        guard let text = bootstraps(cluster).map({ String(cString: $0) }) else { throw Self.failure }
        let servers = text.split(separator: ",").map { server in
            let parts = server.split(separator: ":")
            return BrokerPlace.Server(host: String(parts[0]), port: Int(parts[1]) ?? 0)
        }
        return BrokerPlace(servers: servers, name: topic)
    }

    func create(_ topic: String, _ partitions: Int32) throws {
        let create: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int32, Int32) -> Int32 = try library.library.function(
            "rd_kafka_mock_topic_create")
        guard create(cluster, topic, partitions, 1) == 0 else { throw Self.failure }
    }

    func setDown(_ isDown: Bool) throws {
        let set: @convention(c) (OpaquePointer?, Int32) -> Int32 = try library.library.function(
            isDown ? "rd_kafka_mock_broker_set_down" : "rd_kafka_mock_broker_set_up")
        guard set(cluster, 1) == 0 else { throw Self.failure }
    }

    /// The next requests of the kind are answered with these errors.
    func answer(_ kind: Int16, with errors: [Int32]) throws {
        let push: @convention(c) (OpaquePointer?, Int16, Int, UnsafePointer<Int32>?) -> Void = try library.library.function(
            "rd_kafka_mock_push_request_errors_array")
        push(cluster, kind, errors.count, errors)
    }

    private func end() {
        let destroy: (@convention(c) (OpaquePointer?) -> Void)? = try? library.library.function("rd_kafka_mock_cluster_destroy")
        destroy?(cluster)
        library.destroy(owner)
    }

    private static let failure = Problem(.internal, "test.mock.failed", "The cluster of the tests does not do as it is told.")
}
