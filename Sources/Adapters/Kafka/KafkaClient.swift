// SPDX-License-Identifier: Apache-2.0

import Backends
import Dispatch
import Domain

/// One client of librdkafka. All of its calls are made on a queue of its own, because they block.
///
/// `@unchecked Sendable`: the handle is set in `init` and cleared in `close`, both and all uses on the queue.
final class KafkaClient: @unchecked Sendable {
    enum Kind: Int32 { case producer = 0, consumer = 1 }

    let library: KafkaLibrary
    private let queue = DispatchQueue(label: "dhow.kafka")
    private let context: KafkaContext
    private let retained: Unmanaged<KafkaContext>
    private var handle: KafkaLibrary.Handle?

    /// - Throws: `Problem` `.invalid` for what the library does not take.
    init(_ kind: Kind, _ library: KafkaLibrary, _ place: BrokerPlace, _ allowance: EgressAllowance, _ more: [String: String]) throws {
        self.library = library
        context = KafkaContext(allowance: allowance)
        retained = Unmanaged.passRetained(context)
        let configuration = library.confNew()
        var error = [CChar](repeating: 0, count: 512)
        do {
            for (name, value) in Self.settings(place).merging(more, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
                guard library.confSet(configuration, name, value, &error, error.count) == 0 else {
                    // The text may repeat the value.
                    throw Problem(.invalid, "kafka.setting.refused", "librdkafka does not take a setting.", why: "It refuses '\(name)'.")
                }
            }
        } catch {
            library.confDestroy(configuration)
            retained.release()
            throw error
        }
        library.confSetOpaque(configuration, retained.toOpaque())
        library.confSetConnect(configuration, KafkaContext.connect)
        library.confSetError(configuration, KafkaContext.note)
        library.confSetLog(configuration, nil)
        if kind == .producer { library.confSetDelivery(configuration, KafkaContext.delivered) }
        guard let handle = library.new(kind.rawValue, configuration, &error, error.count) else {
            library.confDestroy(configuration)
            retained.release()
            throw Problem(.unavailable, "kafka.client.refused", "librdkafka cannot begin.", fix: "Check the stream's settings.")
        }
        self.handle = handle
        if kind == .consumer { _ = library.pollSetConsumer(handle) }
    }

    /// Runs `body` on the client's queue.
    func run<Result: Sendable>(_ body: @escaping @Sendable (KafkaLibrary.Handle, KafkaContext) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in
                guard let handle else { return continuation.resume(throwing: CancellationError()) }
                continuation.resume(with: Swift.Result { try body(handle, context) })
            }
        }
    }

    /// Gives up what still waits.
    func close() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                if let ended = handle {
                    handle = nil
                    // Queued, in flight, without waiting.
                    _ = library.purge(ended, 1 | 2 | 4)
                    library.destroy(ended)
                    retained.release()
                }
                continuation.resume()
            }
        }
    }

    func away(_ context: KafkaContext, _ code: Int32) -> Problem {
        if let refused = context.refused {
            return Problem(
                .unavailable, "egress.address.refused", "Nothing may be sent to '\(refused.printable)'.",
                why: "It is not on the public internet.", fix: "Allow it where the server is started: --egress-allow \(refused.printable).")
        }
        let reason = context.lastError.map { library.text(of: $0) } ?? library.text(of: code)
        return Problem(
            .unavailable, "kafka.cluster.away", "The Kafka cluster does not answer as it should.", why: "\(reason).",
            fix: "Check the servers, the topic and the user; what waits is done when it is back.")
    }

    private static func settings(_ place: BrokerPlace) -> [String: String] {
        let servers = place.servers.map { $0.host.contains(":") ? "[\($0.host)]:\($0.port)" : "\($0.host):\($0.port)" }
        var settings = [
            "bootstrap.servers": servers.joined(separator: ","), "client.id": "dhow", "socket.timeout.ms": "10000",
            "socket.connection.setup.timeout.ms": "5000", "reconnect.backoff.max.ms": "2000", "allow.auto.create.topics": "false",
            "ssl.endpoint.identification.algorithm": "https",
        ]
        let signsIn = place.user != nil || place.password != nil
        settings["security.protocol"] =
            switch (place.usesTLS, signsIn) {
            case (false, false): "plaintext"
            case (true, false): "ssl"
            case (false, true): "sasl_plaintext"
            case (true, true): "sasl_ssl"
            }
        if signsIn {
            settings["sasl.mechanisms"] = place.mechanism ?? "PLAIN"
            settings["sasl.username"] = place.user ?? ""
            settings["sasl.password"] = place.password?.value ?? ""
        }
        return settings
    }
}
