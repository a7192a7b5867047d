// SPDX-License-Identifier: Apache-2.0

import Foundation

/// JSON written straight to bytes; the caller sees to commas and brackets.
package struct JSONText {
    package var bytes: [UInt8] = []

    package init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func append(raw text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    package mutating func append(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7F:
                let digit = byte & 15
                append(raw: "\\u00")
                bytes.append(UInt8(ascii: "0") + byte >> 4)
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func append(_ value: some FixedWidthInteger) {
        if 0 <= value, value <= 9 {
            bytes.append(UInt8(ascii: "0") + UInt8(value))
        } else {
            bytes.append(contentsOf: value.description.utf8)
        }
    }

    package mutating func append(_ value: Bool) {
        if value { append(raw: "true") } else { append(raw: "false") }
    }

    /// The shortest digits that read back as the same value; null when it is not finite, because JSON has no such numbers.
    package mutating func append(_ value: Double) {
        if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { append(raw: "null") }
    }

    package mutating func append(_ value: Float) {
        if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { append(raw: "null") }
    }

    package mutating func append(_ value: Float16) {
        if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { append(raw: "null") }
    }

    /// Bytes that need be no text, as text in base 64 (RFC 4648).
    package mutating func append(base64 value: [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: Data(value).base64EncodedData())
        bytes.append(UInt8(ascii: "\""))
    }
}
