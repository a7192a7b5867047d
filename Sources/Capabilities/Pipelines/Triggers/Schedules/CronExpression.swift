// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A cron expression of five fields, as POSIX and Debian's cron read it: minute, hour, day of the month, month, weekday.
///
/// A day matches when both the day of the month and the weekday do; when neither of the two begins with `*`, when one of them does.
package struct CronExpression: Hashable, Sendable {
    package static let maximumLength = 256
    private static let shorthands = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    /// Days after which the calendar repeats, weekdays included.
    private static let cycle = 146_097

    package let text: String
    let minute: CronField
    let hour: CronField
    let day: CronField
    let month: CronField
    let weekday: CronField

    /// - Throws: `Problem` `.invalid` for what is no expression, and for one that never comes, such as the 30th of February.
    package init(_ text: String) throws(Problem) {
        guard text.utf8.count <= Self.maximumLength else {
            throw Problem(
                .invalid, "pipelines.schedule.long", "The schedule has more than \(Self.maximumLength) characters.",
                fix: "Use ranges and steps, such as '*/5 8-18 * * MON-FRI'.")
        }
        let plain = text.hasPrefix("@") ? Self.shorthands[text.lowercased()] : text
        let fields = (plain ?? "").split { $0 == " " || $0 == "\t" }
        guard fields.count == 5 else {
            throw Problem(
                .invalid, "pipelines.schedule.malformed", "'\(text.printable)' is not a schedule.",
                why: "It has \(fields.count) fields; minute, hour, day of the month, month and weekday are five.",
                fix: "Write '0 3 * * *' for every day at 03:00, or one of \(Self.shorthands.keys.sorted().joined(separator: ", ")).")
        }
        self.text = text
        minute = try CronField(fields[0], .minute)
        hour = try CronField(fields[1], .hour)
        day = try CronField(fields[2], .day)
        month = try CronField(fields[3], .month)
        weekday = try CronField(fields[4], .weekday)
        guard nextDay(from: CivilDate(daysSince1970: 0)) != nil else {
            throw Problem(
                .invalid, "pipelines.schedule.never", "The schedule '\(text.printable)' never comes.",
                why: "No year has such a day.", fix: "Name a day that the month has.")
        }
    }

    /// Whether it names no hours, so that it counts minutes that pass, not times of the day.
    var isOfEveryHour: Bool { hour.isEvery }

    func matches(_ date: CivilDate) -> Bool {
        guard month.contains(date.month) else { return false }
        let (byDay, byWeekday) = (day.contains(date.day), weekday.contains(date.weekday))
        return day.isStar || weekday.isStar ? byDay && byWeekday : byDay || byWeekday
    }

    /// The first day from this one on that matches; nil when none ever does.
    func nextDay(from start: CivilDate) -> CivilDate? {
        let first = start.daysSince1970
        var days = first
        while days <= first + Self.cycle {
            let date = CivilDate(daysSince1970: days)
            if matches(date) { return date }
            // A month that is not named is passed over at once: the search takes at most some thousands of steps.
            days += month.contains(date.month) ? 1 : CivilDate.days(of: date.month, in: date.year) - date.day + 1
        }
        return nil
    }

    /// The first minute of the day from this one on; nil when the day has none.
    func nextMinute(from start: Int) -> Int? {
        guard start < 1440, let hour = hour.first(from: start / 60) else { return nil }
        if hour == start / 60, let minute = minute.first(from: start % 60) { return hour * 60 + minute }
        let later = hour == start / 60 ? self.hour.first(from: hour + 1) : hour
        return later.flatMap { later in minute.first(from: 0).map { later * 60 + $0 } }
    }
}
