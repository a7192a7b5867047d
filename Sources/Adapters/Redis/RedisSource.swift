// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Entries of one stream, read from a position that the reader keeps: no consumer group, no state in Redis.
struct RedisSource: EventSource {
    /// The one part that it has.
    static let part = "stream"
    private static let mostEntries = 100

    let place: BrokerPlace
    let connector: RedisConnector

    func next(after positions: [String: String], limit: Int, waiting wait: Duration) async throws -> SourceBatch {
        try await connector.use { connection in
            guard let position = positions[Self.part] else {
                // An end that is looked up and not stored would be another one after a restart.
                let start = place.startsAtEnd ? try await end(connection) : "0-0"
                return SourceBatch(moves: [Self.part: start])
            }
            guard Self.isID(position) else {
                throw Problem(.internal, "redis.position.malformed", "The stored position '\(position.printable)' is no id of Redis.")
            }
            let entries = try await read(connection, after: position, count: min(limit, Self.mostEntries), wait)
            // Where an answer is too large as a whole, each entry has one to itself.
            guard entries.contains(where: \.holdsOversized), entries.count > 1 else { return try batch(entries) }
            return try batch(try await read(connection, after: position, count: 1, .zero))
        }
    }

    func close() async {
        await connector.close()
    }

    private func read(_ connection: RedisConnection, after position: String, count: Int, _ wait: Duration) async throws -> [RedisValue] {
        // A wait of 0 would be one without end.
        let block = wait >= .milliseconds(1) ? ["BLOCK", String(wait.milliseconds)] : []
        let command = ["XREAD", "COUNT", String(count)] + block + ["STREAMS", place.name, position]
        let answer = try await connection.call(command, waiting: wait)
        guard answer != .null else { return [] }
        guard let stream = answer.array?.first?.array, stream.count == 2, let entries = stream[1].array else { throw Self.malformed }
        return entries
    }

    private func end(_ connection: RedisConnection) async throws -> String {
        let answer = try await connection.call(["XREVRANGE", place.name, "+", "-", "COUNT", "1"])
        guard let entries = answer.array else { throw Self.malformed }
        guard let last = entries.first else { return "0-0" }
        guard let id = last.array?.first?.text, Self.isID(id) else { throw Self.malformed }
        return id
    }

    private func batch(_ entries: [RedisValue]) throws -> SourceBatch {
        var batch = SourceBatch()
        for entry in entries {
            guard let parts = entry.array, parts.count == 2, let id = parts[0].text, Self.isID(id) else { throw Self.malformed }
            batch.moves[Self.part] = id
            // An entry that was deleted has no fields.
            guard let fields = parts[1].array else { continue }
            batch.records.append(record(fields, id))
        }
        return batch
    }

    /// The field `data` is the body, all others are headers.
    private func record(_ fields: [RedisValue], _ id: String) -> SourceRecord {
        var record = SourceRecord(place: "\(place.name)/\(id)", headers: [:], body: [])
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            guard case .bulk(let value) = fields[index + 1], let name = fields[index].text?.lowercased() else {
                record.fault = Problem(
                    .tooLarge, "redis.entry.too-large", "The entry has a value that is larger than is taken.",
                    why: "A value has at most \(RedisParser.largestValue) bytes.", fix: "Send what is large by its address.")
                continue
            }
            if name == "data" { record.body = value } else { record.headers[name] = String(decoding: value, as: UTF8.self) }
        }
        return record
    }

    private static func isID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { UInt64($0) != nil }
    }

    private static let malformed = Problem(
        .unavailable, "redis.answer.malformed", "The Redis server answered something else than entries of a stream.",
        fix: "Streams need Redis 5 or later.")
}
