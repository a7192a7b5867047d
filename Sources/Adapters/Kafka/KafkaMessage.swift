// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// A message as librdkafka lays it out in memory (`rd_kafka_message_t`, on machines with pointers of 64 bits).
struct KafkaMessage {
    private static let mostHeaders = 200

    private let raw: UnsafeMutableRawPointer

    init(_ raw: UnsafeMutableRawPointer) {
        self.raw = raw
    }

    var error: Int32 { raw.load(fromByteOffset: 0, as: Int32.self) }
    var partition: Int32 { raw.load(fromByteOffset: 16, as: Int32.self) }
    var offset: Int64 { raw.load(fromByteOffset: 56, as: Int64.self) }
    private var payload: UnsafeRawPointer? { raw.load(fromByteOffset: 24, as: UnsafeRawPointer?.self) }
    private var length: Int { raw.load(fromByteOffset: 32, as: Int.self) }

    func record(of topic: String, _ library: KafkaLibrary) -> SourceRecord {
        var record = SourceRecord(place: "\(topic)/\(partition)/\(offset)", headers: headers(library), body: [])
        guard length <= KafkaSource.largestValue else {
            record.fault = Problem(
                .tooLarge, "kafka.record.too-large", "The record has \(length) bytes.",
                why: "At most \(KafkaSource.largestValue) are taken.", fix: "Send what is large by its address.")
            return record
        }
        if let payload { record.body = Array(UnsafeRawBufferPointer(start: payload, count: length)) }
        return record
    }

    private func headers(_ library: KafkaLibrary) -> [String: String] {
        var list: KafkaLibrary.Handle?
        guard library.messageHeaders(raw, &list) == 0, let list else { return [:] }
        var headers: [String: String] = [:]
        for index in 0..<Self.mostHeaders {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard library.headerAt(list, index, &name, &value, &size) == 0, let name else { break }
            let bytes = value.map { UnsafeRawBufferPointer(start: $0, count: min(size, 64 << 10)) }
            headers[String(cString: name).lowercased()] = bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        return headers
    }
}

/// The answer to a question about one topic (`rd_kafka_metadata_t`).
enum KafkaMetadata {
    private static let partitionSize = 40

    /// None when the topic does not exist.
    static func partitions(_ raw: UnsafeMutableRawPointer) -> Set<Int32> {
        guard raw.load(fromByteOffset: 16, as: Int32.self) == 1,
            let topic = raw.load(fromByteOffset: 24, as: UnsafeRawPointer?.self),
            let partitions = topic.load(fromByteOffset: 16, as: UnsafeRawPointer?.self), topic.load(fromByteOffset: 24, as: Int32.self) == 0
        else { return [] }
        let count = Int(topic.load(fromByteOffset: 8, as: Int32.self))
        return Set((0..<count).map { partitions.load(fromByteOffset: $0 * partitionSize, as: Int32.self) })
    }
}
