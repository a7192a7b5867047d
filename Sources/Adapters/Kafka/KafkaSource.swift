// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Records of one topic. The partitions are assigned with the reader's own offsets: no group, and nothing is stored in the cluster.
actor KafkaSource: EventSource {
    private static let metadataTimeout: Int32 = 8_000
    /// How often new partitions are looked for.
    private static let renewal = Duration.seconds(60)
    /// Larger values are not taken.
    static let largestValue = 1 << 20
    private static let largestBatch = 16 << 20
    private static let offsetBeginning: Int64 = -2
    private static let endOfPartition: Int32 = -191

    private let place: BrokerPlace
    private let client: KafkaClient
    /// What the next record of each partition will be, by its name; nil before the first assignment.
    private var assigned: [String: String]?
    private var partitions: Set<Int32> = []
    private var looked: ContinuousClock.Instant?

    init(place: BrokerPlace, library: KafkaLibrary, allowance: EgressAllowance) throws {
        self.place = place
        client = try KafkaClient(
            .consumer, library, place, allowance,
            [
                "group.id": "dhow", "enable.auto.commit": "false", "enable.auto.offset.store": "false", "auto.offset.reset": "earliest",
                "check.crcs": "true", "queued.max.messages.kbytes": "16384", "fetch.message.max.bytes": "1048576",
                "max.poll.interval.ms": "86400000", "isolation.level": "read_committed",
            ])
    }

    func next(after positions: [String: String], limit: Int, waiting wait: Duration) async throws -> SourceBatch {
        if let batch = try await prepare(positions) { return batch }
        let client = client
        let library = client.library
        let topic = place.name
        let first = Int32(clamping: wait.milliseconds)
        let batch = try await client.run { handle, context in
            var batch = SourceBatch()
            var size = 0
            while batch.records.count < limit, size < Self.largestBatch {
                guard let message = library.consumerPoll(handle, batch.moves.isEmpty ? first : 0) else { break }
                defer { library.messageDestroy(message) }
                let read = KafkaMessage(message)
                if read.error == Self.endOfPartition { continue }
                guard read.error == 0 else {
                    if batch.moves.isEmpty { throw client.away(context, read.error) }
                    break
                }
                let record = read.record(of: topic, library)
                batch.records.append(record)
                batch.moves[String(read.partition)] = String(read.offset + 1)
                size += record.body.count
            }
            // Silence is news when nobody is there to say anything.
            if batch.moves.isEmpty, let error = context.lastError { throw client.away(context, error) }
            context.forgetErrors()
            return batch
        }
        assigned?.merge(batch.moves) { $1 }
        return batch
    }

    func close() async {
        await client.close()
    }

    /// Assigns the partitions at the reader's positions, at first, when there are more of them, and when the reader is elsewhere.
    ///
    /// - Returns: Positions to be stored first, when reading begins at the end.
    private func prepare(_ positions: [String: String]) async throws -> SourceBatch? {
        let now = ContinuousClock.now
        let isElsewhere = assigned.map { assigned in positions.contains { assigned[$0.key] != $0.value } } ?? true
        let isDue = looked.map { now - $0 > Self.renewal } ?? true
        guard isElsewhere || isDue else { return nil }
        let found = isDue ? try await findPartitions() : partitions
        looked = now
        guard isElsewhere || found != partitions else { return nil }
        partitions = found
        if positions.isEmpty, place.startsAtEnd { return SourceBatch(moves: try await ends()) }
        try await assign(positions)
        return nil
    }

    private func assign(_ positions: [String: String]) async throws {
        let library = client.library
        let (client, topic, partitions) = (client, place.name, partitions.sorted())
        try await client.run { handle, context in
            let list = library.listNew(Int32(partitions.count))
            defer { library.listDestroy(list) }
            for partition in partitions {
                _ = library.listAdd(list, topic, partition)
                let offset = positions[String(partition)].flatMap { Int64($0) } ?? Self.offsetBeginning
                _ = library.listSetOffset(list, topic, partition, offset)
            }
            let code = library.assign(handle, list)
            guard code == 0 else { throw client.away(context, code) }
        }
        assigned = positions
    }

    private func findPartitions() async throws -> Set<Int32> {
        let (client, name) = (client, place.name)
        let library = client.library
        return try await client.run { handle, context in
            let topic = library.topicNew(handle, name, nil)
            defer { library.topicDestroy(topic) }
            var metadata: UnsafeMutableRawPointer?
            let code = library.metadata(handle, 0, topic, &metadata, Self.metadataTimeout)
            guard code == 0, let metadata else {
                // Errors are told by callbacks, which are made while polling.
                _ = library.poll(handle, 0)
                throw client.away(context, code)
            }
            defer { library.metadataDestroy(metadata) }
            let partitions = KafkaMetadata.partitions(metadata)
            guard !partitions.isEmpty else {
                throw Problem(
                    .unavailable, "kafka.topic.unknown", "The Kafka cluster has no topic '\(name.printable)'.", fix: "Make the topic first."
                )
            }
            context.forgetErrors()
            return partitions
        }
    }

    private func ends() async throws -> [String: String] {
        let (client, topic, partitions) = (client, place.name, partitions.sorted())
        let library = client.library
        return try await client.run { handle, context in
            var ends: [String: String] = [:]
            for partition in partitions {
                var (low, high): (Int64, Int64) = (0, 0)
                let code = library.watermarks(handle, topic, partition, &low, &high, Self.metadataTimeout)
                guard code == 0 else { throw client.away(context, code) }
                ends[String(partition)] = String(high)
            }
            return ends
        }
    }
}
