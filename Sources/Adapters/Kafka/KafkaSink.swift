// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Writes to one topic, by an idempotent producer, with the events' keys: those of one key have one partition and keep their order.
actor KafkaSink: EventSink {
    private static let timeout = Duration.seconds(20)
    /// Too large, invalid.
    private static let refusals: Set<Int32> = [10, 87]

    private let place: BrokerPlace
    private let library: KafkaLibrary
    private let allowance: EgressAllowance
    private var client: KafkaClient?

    init(place: BrokerPlace, library: KafkaLibrary, allowance: EgressAllowance) {
        self.place = place
        self.library = library
        self.allowance = allowance
    }

    func send(_ events: [SinkEvent]) async throws {
        guard !events.isEmpty else { return }
        let client: KafkaClient
        if let open = self.client {
            client = open
        } else {
            client = try KafkaClient(
                .producer, library, place, allowance,
                [
                    "enable.idempotence": "true", "enable.gapless.guarantee": "true", "acks": "all", "linger.ms": "5",
                    "message.timeout.ms": String(Self.timeout.milliseconds), "partitioner": "murmur2_random",
                ])
            self.client = client
        }
        do {
            try await send(events, over: client)
        } catch {
            // What waits must not arrive after what is sent again.
            self.client = nil
            await client.close()
            throw error
        }
    }

    func close() async {
        let ended = client
        client = nil
        await ended?.close()
    }

    private func send(_ events: [SinkEvent], over client: KafkaClient) async throws {
        let (library, topic) = (library, place.name)
        try await client.run { handle, context in
            context.forgetErrors()
            for event in events {
                let code = KafkaProduction(topic: topic, event: event).hand(to: handle, library)
                guard code == 0 else { throw Self.failure(code, client, context) }
            }
            let end = ContinuousClock.now + Self.timeout + .seconds(5)
            while library.queueLength(handle) > 0, ContinuousClock.now < end, context.deliveries.failed == nil {
                _ = library.poll(handle, 100)
            }
            let (delivered, failed) = context.deliveries
            if let failed { throw Self.failure(failed, client, context) }
            guard delivered == events.count else { throw client.away(context, -185) }
        }
    }

    private static func failure(_ code: Int32, _ client: KafkaClient, _ context: KafkaContext) -> Problem {
        guard refusals.contains(code) else { return client.away(context, code) }
        return Problem(
            .invalid, "kafka.event.refused", "Kafka does not take the event.", why: "\(client.library.text(of: code)).",
            fix: "Let the topic take larger messages.")
    }
}
