// SPDX-License-Identifier: Apache-2.0

import Domain

/// Times and durations as protobuf's JSON writes them: `2026-01-31T12:00:00.250Z` and `1.250s`.
enum ProtoTime {
    static func text(of time: Timestamp) -> String {
        let (days, milliseconds) = split(time.milliseconds, by: 86_400_000)
        let (year, month, day) = date(days)
        let seconds = milliseconds / 1000
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T" + padded(seconds / 3600, 2) + ":"
            + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2) + "." + padded(milliseconds % 1000, 3) + "Z"
    }

    static func durationText(of milliseconds: Int64) -> String {
        (milliseconds < 0 ? "-" : "") + String(abs(milliseconds) / 1000) + "." + padded(abs(milliseconds) % 1000, 3) + "s"
    }

    /// RFC 3339, with any number of digits of a second and any offset; what is finer than a millisecond is dropped.
    static func time(_ text: String) -> Timestamp? {
        let parts = text.utf8.split(separator: UInt8(ascii: "T"), maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 2, let clock = clock(parts[1]) else { return nil }
        let fields = parts[0].split(separator: "-").compactMap { Int64($0) }
        guard fields.count == 3, (1...9999).contains(fields[0]), (1...12).contains(fields[1]), (1...31).contains(fields[2]) else {
            return nil
        }
        return Timestamp(milliseconds: days(fields[0], fields[1], fields[2]) * 86_400_000 + clock)
    }

    /// Milliseconds.
    static func duration(_ text: String) -> Int64? {
        guard text.hasSuffix("s"), let seconds = Double(text.dropLast()), abs(seconds) < 1e12 else { return nil }
        return Int64((seconds * 1000).rounded())
    }

    private static func clock(_ text: String) -> Int64? {
        guard let zone = text.lastIndex(where: { "Z+-".contains($0) }) else { return nil }
        var offset: Int64 = 0
        if text[zone] != "Z" {
            let fields = text[text.index(after: zone)...].split(separator: ":").compactMap { Int64($0) }
            guard fields.count == 2 else { return nil }
            offset = (fields[0] * 60 + fields[1]) * (text[zone] == "-" ? -60_000 : 60_000)
        }
        let fields = text[..<zone].split(separator: ":")
        guard fields.count == 3, let hours = Int64(fields[0]), let minutes = Int64(fields[1]) else { return nil }
        let seconds = fields[2].split(separator: ".", maxSplits: 1)
        guard let whole = seconds.first.flatMap({ Int64($0) }), (0..<24).contains(hours), (0..<60).contains(minutes),
            (0...60).contains(whole)
        else { return nil }
        let fraction = seconds.count > 1 ? Int64((seconds[1] + "000").prefix(3)) ?? 0 : 0
        return ((hours * 60 + minutes) * 60 + whole) * 1000 + fraction - offset
    }

    /// Days since 1970 of a date of the Gregorian calendar, with years that begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = split(year, by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = split(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func split(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let rest = ((value % divisor) + divisor) % divisor
        return ((value - rest) / divisor, rest)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
