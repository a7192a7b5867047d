// SPDX-License-Identifier: Apache-2.0

/// What a Redis server answers (RESP 2).
indirect enum RedisValue: Sendable, Equatable {
    case null
    case integer(Int64)
    /// A status such as `OK`.
    case simple(String)
    /// A refusal: a word such as `NOAUTH`, and a sentence.
    case error(String)
    case bulk([UInt8])
    /// A value whose bytes were too many and have been dropped.
    case oversized(Int)
    case array([RedisValue])

    var text: String? {
        switch self {
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .simple(let text): text
        default: nil
        }
    }

    var array: [RedisValue]? { if case .array(let elements) = self { elements } else { nil } }

    var holdsOversized: Bool {
        switch self {
        case .oversized: true
        case .array(let elements): elements.contains(where: \.holdsOversized)
        default: false
        }
    }
}
