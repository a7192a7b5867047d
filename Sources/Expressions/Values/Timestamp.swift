// SPDX-License-Identifier: Apache-2.0

/// A point in time to the nanosecond, in the years 0001 to 9999.
package struct Timestamp: Hashable, Sendable {
    /// Since 1970, without leap seconds.
    package let seconds: Int64
    /// 0 to 999,999,999, added to the seconds.
    package let nanoseconds: Int32

    static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// Nil outside the years 0001 to 9999.
    package init?(seconds: Int64, nanoseconds: Int32 = 0) {
        guard Self.range.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else { return nil }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Nil for what is no date and time of RFC 3339, as "2009-02-13T23:31:30.5+01:00", or leaves the range.
    package init?(_ text: String) {
        var digits = DigitReader(text)
        guard let year = digits.number(of: 4), digits.take("-"), let month = digits.number(of: 2), digits.take("-"),
            let day = digits.number(of: 2), digits.take("T"), let hour = digits.number(of: 2), digits.take(":"),
            let minute = digits.number(of: 2), digits.take(":"), let second = digits.number(of: 2), year >= 1,
            let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        var fraction = 0
        if digits.take(".") {
            guard let read = digits.fraction() else { return nil }
            fraction = read
        }
        var offset = 0
        if !digits.take("Z") {
            let isNegative = digits.take("-")
            guard isNegative || digits.take("+"), let hours = digits.number(of: 2), hours < 24, digits.take(":"),
                let minutes = digits.number(of: 2), minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (isNegative ? -60 : 60)
        }
        guard digits.isAtEnd else { return nil }
        self.init(seconds: civil.seconds - Int64(offset), nanoseconds: Int32(fraction))
    }

    /// RFC 3339 in UTC, with as many decimals as are not zero.
    package var text: String {
        let civil = CivilTime(seconds: seconds)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
        let time = "\(padded(civil.hour, 2)):\(padded(civil.minute, 2)):\(padded(civil.second, 2))"
        return "\(date)T\(time)\(decimals(of: Int(nanoseconds)))Z"
    }

    /// Nil when the sum leaves the range.
    func adding(_ span: TimeSpan) -> Timestamp? {
        let second: Int64 = 1_000_000_000
        var nanoseconds = Int64(self.nanoseconds) + span.nanoseconds % second
        var seconds = self.seconds + span.nanoseconds / second
        if nanoseconds < 0 {
            nanoseconds += second
            seconds -= 1
        } else if nanoseconds >= second {
            nanoseconds -= second
            seconds += 1
        }
        return Timestamp(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }

    /// Nil when the difference is no duration.
    func since(_ other: Timestamp) -> TimeSpan? {
        let (whole, overflow) = (seconds - other.seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = whole.addingReportingOverflow(Int64(nanoseconds - other.nanoseconds))
        return overflow || carry ? nil : TimeSpan(nanoseconds: sum)
    }
}

extension Timestamp: Comparable {
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// ".5" for 500,000,000 billionths, nothing for none.
func decimals(of billionths: Int) -> String {
    guard billionths != 0 else { return "" }
    var digits = String(1_000_000_000 + billionths).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "." + digits
}

/// Reads numbers of a fixed width from ASCII text.
private struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    mutating func number(of width: Int) -> Int? {
        guard position + width <= bytes.count else { return nil }
        var number = 0
        for byte in bytes[position..<position + width] {
            guard (48...57).contains(byte) else { return nil }
            number = number * 10 + Int(byte - 48)
        }
        position += width
        return number
    }

    /// Billionths; digits beyond the ninth are dropped.
    mutating func fraction() -> Int? {
        var number = 0
        var count = 0
        while position < bytes.count, (48...57).contains(bytes[position]) {
            if count < 9 { number = number * 10 + Int(bytes[position] - 48) }
            count += 1
            position += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 9)..<9 { number *= 10 }
        return number
    }
}
