// SPDX-License-Identifier: Apache-2.0

/// The SHA-256 of some bytes, as 64 lower-case hexadecimal digits: the address of a blob.
package struct BlobDigest: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let hexadecimal: String

    /// Nil unless `text` is 64 lower-case hexadecimal digits, with or without the prefix `sha256:`.
    package init?(_ text: String) {
        let digits = text.hasPrefix("sha256:") ? Substring(text.dropFirst(7)) : text[...]
        guard digits.utf8.count == 64, digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        hexadecimal = String(digits)
    }

    /// From the 32 raw bytes of a SHA-256.
    package init(sha256 bytes: some Sequence<UInt8>) {
        hexadecimal = bytes.lowercaseHexadecimal
        precondition(hexadecimal.utf8.count == 64, "A SHA-256 has 32 bytes.")
    }

    package var bytes: [UInt8] { [UInt8](hexadecimal: hexadecimal) ?? [] }

    package var description: String { "sha256:\(hexadecimal)" }

    package static func < (left: BlobDigest, right: BlobDigest) -> Bool { left.hexadecimal < right.hexadecimal }
}

extension BlobDigest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = BlobDigest(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "A digest is 'sha256:' and 64 lower-case hexadecimal digits.")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    package var lowercaseHexadecimal: String {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(underestimatedCount * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Nil unless `text` is an even number of hexadecimal digits.
    package init?(hexadecimal text: some StringProtocol) {
        func value(_ digit: UInt8) -> UInt8? {
            switch digit {
            case 48...57: digit - 48
            case 97...102: digit - 87
            case 65...70: digit - 55
            default: nil
            }
        }
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            append(high << 4 | low)
        }
    }
}
