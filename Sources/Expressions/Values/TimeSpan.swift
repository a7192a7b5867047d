// SPDX-License-Identifier: Apache-2.0

/// A duration in nanoseconds of 64 bits, some 292 years either way.
package struct TimeSpan: Hashable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Numbers with units, as "1h30m", "-1.5s", "250ms"; units are h, m, s, ms, us, µs and ns. Nil for anything else and beyond the range.
    package init?(_ text: String) {
        var rest = text.unicodeScalars[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        if rest.elementsEqual("0".unicodeScalars) {
            self.init(nanoseconds: 0)
            return
        }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = Self.part(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(isNegative ? -part : part)
            guard !overflow else { return nil }
            total = sum
        }
        self.init(nanoseconds: total)
    }

    /// In seconds, as "90s" or "-1.5s".
    package var text: String {
        let magnitude = nanoseconds.magnitude
        return "\(nanoseconds < 0 ? "-" : "")\(magnitude / 1_000_000_000)\(decimals(of: Int(magnitude % 1_000_000_000)))s"
    }

    /// One number and its unit, in nanoseconds.
    private static func part(_ rest: inout String.UnicodeScalarView.SubSequence) -> Int64? {
        let whole = digits(&rest)
        var fraction = ""
        if rest.first == "." {
            rest.removeFirst()
            fraction = digits(&rest)
        }
        guard !(whole.isEmpty && fraction.isEmpty), let unit = unit(&rest) else { return nil }
        guard let number = whole.isEmpty ? 0 : Int64(whole) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        var scale = unit
        var added: Int64 = 0
        for digit in fraction.utf8 where scale >= 10 {
            scale /= 10
            added += Int64(digit - 48) * scale
        }
        let (sum, carry) = product.addingReportingOverflow(added)
        return carry ? nil : sum
    }

    private static func digits(_ rest: inout String.UnicodeScalarView.SubSequence) -> String {
        var digits = ""
        while let next = rest.first, ("0"..."9").contains(next) {
            digits.unicodeScalars.append(next)
            rest.removeFirst()
        }
        return digits
    }

    private static func unit(_ rest: inout String.UnicodeScalarView.SubSequence) -> Int64? {
        var name = ""
        while let next = rest.first, next != ".", !("0"..."9").contains(next) {
            name.unicodeScalars.append(next)
            rest.removeFirst()
        }
        switch name {
        case "h": return 3_600_000_000_000
        case "m": return 60_000_000_000
        case "s": return 1_000_000_000
        case "ms": return 1_000_000
        case "us", "\u{B5}s", "\u{3BC}s": return 1_000
        case "ns": return 1
        default: return nil
        }
    }
}

extension TimeSpan: Comparable {
    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }
}
