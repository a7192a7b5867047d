// SPDX-License-Identifier: Apache-2.0

/// An address of the internet, of version 4 or 6.
package struct IPAddress: Hashable, Sendable {
    let bits: UInt128
    package let isVersion6: Bool

    var width: Int { isVersion6 ? 128 : 32 }

    init(bits: UInt128, isVersion6: Bool) {
        self.bits = bits
        self.isVersion6 = isVersion6
    }

    /// Nil for what is no address. An address of version 4 written in hexadecimal within version 6 is one of version 4; written with
    /// dots it is refused, and so is a zone.
    package init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        if !text.utf8.contains(UInt8(ascii: ":")) {
            guard let bits = Self.version4(Substring(text)) else { return nil }
            self.init(bits: UInt128(bits), isVersion6: false)
            return
        }
        guard let bits = Self.version6(text) else { return nil }
        guard bits >> 32 == 0xFFFF else {
            self.init(bits: bits, isVersion6: true)
            return
        }
        guard !text.utf8.contains(UInt8(ascii: ".")) else { return nil }
        self.init(bits: bits & 0xFFFF_FFFF, isVersion6: false)
    }

    /// Of version 6 as RFC 5952 asks for.
    package var text: String {
        guard isVersion6 else { return (0..<4).map { String(UInt8(truncatingIfNeeded: bits >> (24 - $0 * 8))) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - $0 * 16)) }
        let shown = groups.map { String($0, radix: 16) }
        guard let zeros = Self.longestZeros(groups) else { return shown.joined(separator: ":") }
        return shown[..<zeros.lowerBound].joined(separator: ":") + "::" + shown[zeros.upperBound...].joined(separator: ":")
    }

    var isUnspecified: Bool { bits == 0 }
    var isLoopback: Bool { isVersion6 ? bits == 1 : bits >> 24 == 127 }
    var isMulticast: Bool { isVersion6 ? bits >> 120 == 0xFF : bits >> 28 == 0xE }
    var isLinkLocalMulticast: Bool { isVersion6 ? (bits >> 112) & 0xFF0F == 0xFF02 : bits >> 8 == 0xE00000 }
    var isLinkLocalUnicast: Bool { isVersion6 ? bits >> 118 == 0x3FA : bits >> 16 == 0xA9FE }
    var isGlobalUnicast: Bool {
        !isUnspecified && !isLoopback && !isMulticast && !isLinkLocalUnicast && (isVersion6 || bits != 0xFFFF_FFFF)
    }

    private static func version4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }), part.count == 1 || part.first != "0",
                let octet = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(octet)
        }
        return bits
    }

    private static func version6(_ text: String) -> UInt128? {
        let bytes = Array(text.utf8)
        var halves: [[UInt16]] = [[]]
        var part: [UInt8] = []
        var position = 0
        func append(_ part: [UInt8], isLast: Bool) -> Bool {
            if isLast, part.contains(UInt8(ascii: ".")) {
                guard let bits = version4(Substring(String(decoding: part, as: UTF8.self))) else { return false }
                halves[halves.count - 1] += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
                return true
            }
            guard (1...4).contains(part.count), part.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
                let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
            else { return false }
            halves[halves.count - 1].append(group)
            return true
        }
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: ":") else {
                part.append(bytes[position])
                position += 1
                continue
            }
            let isDouble = position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: ":")
            if !part.isEmpty {
                guard append(part, isLast: false) else { return nil }
            } else if !isDouble {
                return nil
            }
            part = []
            position += isDouble ? 2 : 1
            if isDouble {
                guard halves.count == 1 else { return nil }
                halves.append([])
            } else if position == bytes.count {
                return nil
            }
        }
        if !part.isEmpty { guard append(part, isLast: true) else { return nil } }
        let count = halves.joined().count
        guard halves.count == 2 ? count < 8 : count == 8 else { return nil }
        let zeros = Array(repeating: UInt16(0), count: 8 - count)
        let groups = halves[0] + zeros + (halves.count == 2 ? halves[1] : [])
        return groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
    }

    /// The first of the longest runs of at least two zeros.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<1
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<index + 1
            }
        }
        return longest.count > 1 ? longest : nil
    }
}
