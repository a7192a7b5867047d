// SPDX-License-Identifier: Apache-2.0

import Domain

/// A moment of the Gregorian calendar in UTC, written `2013-01-31T10:15:00Z`.
struct CivilTime: Equatable, Sendable {
    static let millisecondsPerDay: Int64 = 86_400_000

    var year: Int
    var month: Int
    var day: Int
    var millisecondOfDay: Int64

    /// - Returns: Nil unless the text is exactly of the form above; a fraction of a second and other zones are not taken.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        let form = Array("0000-00-00T00:00:00Z".utf8)
        guard bytes.count == form.count else { return nil }
        var numbers: [Int] = []
        var number = 0
        for (byte, expected) in zip(bytes, form) {
            if expected == UInt8(ascii: "0") {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
            } else {
                guard byte == expected else { return nil }
                numbers.append(number)
                number = 0
            }
        }
        guard (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[3] < 24, numbers[4] < 60, numbers[5] < 60 else {
            return nil
        }
        (year, month, day) = (numbers[0], numbers[1], numbers[2])
        millisecondOfDay = Int64((numbers[3] * 60 + numbers[4]) * 60 + numbers[5]) * 1000
        // The 31st of a month with 30 days comes back as another day.
        guard CivilTime(timestamp) == self else { return nil }
    }

    init(_ time: Timestamp) {
        let milliseconds = time.milliseconds
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: Self.millisecondsPerDay)
        (year, month, day) = Self.civil(days: Int(remainder < 0 ? quotient - 1 : quotient))
        millisecondOfDay = remainder < 0 ? remainder + Self.millisecondsPerDay : remainder
    }

    var timestamp: Timestamp {
        Timestamp(milliseconds: Int64(Self.days(year: year, month: month, day: day)) * Self.millisecondsPerDay + millisecondOfDay)
    }

    var text: String {
        let seconds = Int(millisecondOfDay / 1000)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let year = String(repeating: "0", count: max(0, 4 - String(self.year).count)) + String(self.year)
        return "\(year)-\(two(month))-\(two(day))T\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))Z"
    }

    /// Days since 1970-01-01 of a date, and back, in the proleptic Gregorian calendar: eras of 400 years that begin in March
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch + (monthFromMarch < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
