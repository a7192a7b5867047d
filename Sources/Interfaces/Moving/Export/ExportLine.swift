// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation

/// Things as lines: JSON with sorted names and no spaces, so that the same thing is the same bytes.
enum ExportLine {
    static func of(_ record: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(record)
    }

    /// A line for each point, written without an encoder: exports are mostly these.
    static func points(of series: SeriesRecord) throws -> [Data] {
        let key = String(decoding: try of(series.key), as: UTF8.self)
        let run = String(decoding: try of(series.run), as: UTF8.self)
        return series.steps.indices.map { index in
            let value = series.values[index].map { "\($0 == 0 ? 0 : $0)" } ?? "null"
            return Data(
                "{\"key\":\(key),\"run\":\(run),\"step\":\(series.steps[index]),\"time\":\(series.times[index]),\"value\":\(value)}".utf8)
        }
    }

    struct Point: Decodable {
        var key: String
        var run: String
        var step: Int64
        var time: Int64
        var value: Double?
    }

    /// The owner of more lines, read back from its own line.
    struct Owner: Decodable {
        var id: String?
        var name: String?
    }
}

/// Bytes that versions and artifacts name by their digest.
struct ExportedBlob: Codable, Sendable {
    var digest: String
    var size: Int64
}

extension RunRecord {
    /// With its lists in an order that does not depend on where it is kept.
    var ordered: RunRecord {
        var record = self
        record.params = params.ordered
        record.tags = tags.ordered
        record.inputs = inputs.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }
        record.models = models.sorted { ($0.direction, $0.step, $0.model) < ($1.direction, $1.step, $1.model) }
        return record
    }
}

extension [TagBody] {
    var ordered: [TagBody] { sorted { $0.key < $1.key } }
}
