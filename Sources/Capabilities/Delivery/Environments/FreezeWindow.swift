// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// A time in which nothing is released into an environment: once, or on the same days of every week; both by the clock on the wall of a
/// time zone, so that a change to summer time moves the window with the people.
package struct FreezeWindow: Equatable, Sendable {
    package enum Day: String, Codable, CaseIterable, Sendable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday
    }

    package enum Times: Equatable, Sendable {
        /// From one moment to another, as `2026-12-20T18:00`; the end is not part of it.
        case once(from: String, until: String)
        /// On each of these days from one time, as `18:00`, until another. One that is not later than the first is on the next day.
        case weekly(days: [Day], from: String, until: String)
    }

    package var name: String
    package var zone: String
    package var times: Times

    package init(name: String, zone: String, times: Times) {
        self.name = name
        self.zone = zone
        self.times = times
    }

    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "freeze window")
        guard TimeZone(identifier: zone) != nil else {
            throw malformed("'\(zone.printable)' is no time zone of the IANA database, such as 'Europe/Berlin'.")
        }
        switch times {
        case .once(let from, let until):
            guard Self.isMoment(from), Self.isMoment(until), from < until else {
                throw malformed("'from' and 'until' are moments such as 2026-12-20T18:00, the second after the first.")
            }
        case .weekly(let days, let from, let until):
            guard !days.isEmpty, Set(days).count == days.count else { throw malformed("It names each of its days once, and at least one.") }
            guard Self.isTime(from), Self.isTime(until) else {
                throw malformed("'from' and 'until' are times from 00:00 to 23:59; a whole day is 00:00 until 00:00.")
            }
        }
    }

    /// Whether the window is in force at a moment.
    package func contains(_ time: Timestamp) -> Bool {
        guard let zone = TimeZone(identifier: zone) else { return true }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .weekday], from: time.date)
        guard let year = parts.year, let month = parts.month, let day = parts.day, let hour = parts.hour, let minute = parts.minute,
            let weekday = parts.weekday
        else { return true }
        let clock = Self.padded(hour) + ":" + Self.padded(minute)
        switch times {
        case .once(let from, let until):
            let now = Self.padded(year, 4) + "-" + Self.padded(month) + "-" + Self.padded(day) + "T" + clock
            return now >= from && now < until
        case .weekly(let days, let from, let until):
            // The calendar counts Sunday as 1.
            let today = Day.allCases[(weekday + 5) % 7]
            let yesterday = Day.allCases[(weekday + 4) % 7]
            if from < until { return days.contains(today) && clock >= from && clock < until }
            return days.contains(today) && clock >= from || days.contains(yesterday) && clock < until
        }
    }

    private func malformed(_ why: String) -> Problem {
        Problem(.invalid, "delivery.environment.freeze-window", "Freeze window '\(name)' cannot be used.", why: why)
    }

    private static func isTime(_ text: String) -> Bool {
        text.wholeMatch(of: /([01][0-9]|2[0-3]):[0-5][0-9]/) != nil
    }

    private static func isMoment(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T(.*)/) else { return false }
        return isTime(String(match.4))
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension FreezeWindow: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, zone, days, from, until }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        zone = try container.decodeIfPresent(String.self, forKey: .zone) ?? "UTC"
        let from = try container.decode(String.self, forKey: .from)
        let until = try container.decode(String.self, forKey: .until)
        let days = try container.decodeIfPresent([Day].self, forKey: .days)
        times = days.map { .weekly(days: $0, from: from, until: until) } ?? .once(from: from, until: until)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(zone, forKey: .zone)
        switch times {
        case .once(let from, let until):
            try container.encode(from, forKey: .from)
            try container.encode(until, forKey: .until)
        case .weekly(let days, let from, let until):
            try container.encode(days, forKey: .days)
            try container.encode(from, forKey: .from)
            try container.encode(until, forKey: .until)
        }
    }
}

extension Timestamp {
    fileprivate var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
