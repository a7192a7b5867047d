// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Amounts as people write them in documents.
enum Quantity {
    private static let times: [(unit: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    private static let sizes: [String: Int64] = [
        "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
        "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    ]

    /// Of `90s`, `2h30m`, `500ms`, or whole seconds; nil for anything else. Units come from the largest down, each once.
    static func milliseconds(_ text: String) -> Int64? {
        if let seconds = number(text[...]) { return product(seconds, 1000) }
        var total: Int64 = 0
        var rest = text[...]
        var next = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let amount = number(digits), let position = times.firstIndex(where: { $0.unit == unit }), position >= next,
                let part = product(amount, times[position].milliseconds)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
            next = position + 1
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return text.isEmpty ? nil : total
    }

    /// Of `512MiB`, `4GiB`, `10GB`; nil for anything else.
    static func bytes(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let amount = number(digits), let unit = sizes[String(text.dropFirst(digits.count))] else { return nil }
        return product(amount, unit)
    }

    /// Thousandths of a core, of `2`, `0.5` or `500m`; nil for anything else.
    static func cpuMilli(_ text: String) -> Int64? {
        if text.hasSuffix("m") { return number(text.dropLast()) }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = number(parts[0]), let milli = product(whole, 1000) else { return nil }
        guard parts.count == 2 else { return milli }
        guard (1...3).contains(parts[1].utf8.count), let fraction = number(parts[1]) else { return nil }
        return milli + fraction * [100, 10, 1][parts[1].utf8.count - 1]
    }

    /// Of `20%`; nil for anything else.
    static func percent(_ text: String) -> Int64? {
        text.hasSuffix("%") ? number(text.dropLast()) : nil
    }

    /// Digits only, at most 15 of them.
    private static func number(_ text: Substring) -> Int64? {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }

    private static func product(_ left: Int64, _ right: Int64) -> Int64? {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? nil : product
    }
}

extension DocumentNode {
    /// Whole seconds.
    func seconds(in range: ClosedRange<Int>) throws(Problem) -> Int {
        let text = try scalarText()
        guard let milliseconds = Quantity.milliseconds(text), milliseconds % 1000 == 0, let seconds = Int(exactly: milliseconds / 1000),
            range.contains(seconds)
        else {
            throw wrongType(
                "a time from \(range.lowerBound) s to \(range.upperBound / 86_400) days",
                fix: "Write a time such as '90s', '10m' or '2h30m'.")
        }
        return seconds
    }

    /// A pause of at most a day.
    func pauseMilliseconds() throws(Problem) -> Int64 {
        guard let milliseconds = Quantity.milliseconds(try scalarText()), milliseconds <= 86_400_000 else {
            throw wrongType("a pause of up to a day", fix: "Write a time such as '500ms', '5s' or '1m'.")
        }
        return milliseconds
    }

    func bytes() throws(Problem) -> Int64 {
        guard let bytes = Quantity.bytes(try scalarText()), (1...(1 << 50)).contains(bytes) else {
            throw wrongType("a size", fix: "Write a whole number with a unit, such as '512MiB', '4GiB' or '10GB'.")
        }
        return bytes
    }
}
