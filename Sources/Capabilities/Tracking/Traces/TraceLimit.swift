// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How large traces may be. A trace always comes back whole, so its size has a bound.
package enum TraceLimit {
    package static let spans: Int64 = 10_000
    /// Of one span, as stored.
    package static let spanBytes: Int64 = 8 << 20
    /// Of all spans of a trace, and of all that one call gives back.
    package static let traceBytes: Int64 = 64 << 20
    package static let tracesAtOnce = 100
    package static let idBytes = 100
    package static let nameBytes = 1_000
    package static let messageBytes = 8_000
    package static let previewBytes = 10_000
    /// Attributes of a span by which it is found, and how much of each.
    package static let searchableAttributes = 128
    package static let searchableBytes = 8_000

    /// Letters, digits, `-`, `_`, `.` and `:`; the id is also a name of a folder of artifacts.
    package static func check(_ id: String) throws(Problem) {
        let isPlain = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "-_.:".utf8.contains(byte)
            }
        }
        guard isPlain, !id.isEmpty, id.utf8.count <= idBytes, !id.hasPrefix(".") else {
            throw Problem(
                .invalid, "tracking.trace.id-malformed", "Invalid trace ID '\(id.printable)'.",
                why: "It is 1 to \(idBytes) letters, digits, '-', '_', '.' and ':', and does not begin with '.'.")
        }
    }

    static func check(_ facts: [Tag], _ noun: String) throws(Problem) {
        for fact in facts where fact.key.isEmpty || fact.key.utf8.count > TrackingKey.maximumLength {
            throw Problem(
                .invalid, "tracking.key.length",
                "'\(fact.key.printable)' exceeds the maximum length of \(TrackingKey.maximumLength) or is empty, so it cannot name a \(noun)."
            )
        }
    }

    static func shortened(_ facts: [Tag]) -> [Tag] {
        facts.map { Tag($0.key, TrackingKey.shortened($0.value, to: TrackingKey.maximumTagLength)) }
    }

    static func spanTooLarge(_ span: TraceSpan, _ size: Int64) -> Problem {
        Problem(
            .tooLarge, "tracking.span.too-large", "Span '\(span.name.printable)' has \(size) bytes.",
            why: "At most \(spanBytes) are kept of one span.", fix: "Log large values as artifacts, and their place in the span.")
    }

    static func traceTooLarge(_ id: String, spans count: Int64, bytes: Int64) -> Problem {
        Problem(
            .tooLarge, "tracking.trace.too-large", "Trace '\(id.printable)' would have \(count) spans of \(bytes) bytes.",
            why: "At most \(spans) spans of \(traceBytes) bytes together are kept of one trace.",
            fix: "Begin a new trace, linked to this one.")
    }
}
