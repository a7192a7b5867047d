// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// Times that come again: a cron expression read by the clocks of a time zone.
///
/// A schedule that names hours means times of the day: one that clocks skip comes at the first minute after the gap, one that they show
/// twice comes the first time only. A schedule of every hour (`*`) means time that passes: it comes whenever clocks show its minutes.
package struct Schedule: Hashable, Sendable {
    package let cron: CronExpression
    package let timeZone: String
    private let zone: TimeZone

    /// - Parameter timeZone: A name of the IANA database, such as `Europe/Berlin`.
    /// - Throws: `Problem` `.invalid`.
    package init(_ cron: String, timeZone: String = "UTC") throws(Problem) {
        self.cron = try CronExpression(cron)
        self.timeZone = timeZone
        zone = try Self.zone(timeZone)
    }

    /// The first time after this one; nil beyond the year 9999.
    package func next(after time: Timestamp) -> Timestamp? {
        let minute = Int((Double(time.milliseconds) / 60_000).rounded(.down))
        return (cron.isOfEveryHour ? nextPassing(after: minute) : nextShown(after: minute)).map {
            Timestamp(milliseconds: Int64($0) * 60_000)
        }
    }

    /// The times after `start` up to and including `end`, oldest first, at most `limit`.
    package func times(after start: Timestamp, through end: Timestamp, limit: Int) -> [Timestamp] {
        var times: [Timestamp] = []
        var last = start
        while times.count < limit, let next = next(after: last), next <= end {
            times.append(next)
            last = next
        }
        return times
    }

    /// The last times up to and including `end`, and after `start`, oldest first, at most `limit`; however many there were before them.
    package func lastTimes(after start: Timestamp, through end: Timestamp, limit: Int) -> [Timestamp] {
        var span = Duration.seconds(3600)
        while true {
            let from = max(start, end - span)
            var times: [Timestamp] = []
            var last = from
            while let next = next(after: last), next <= end {
                times.append(next)
                if times.count > limit { times.removeFirst() }
                last = next
            }
            if times.count == limit || from == start { return times }
            span = span * 4
        }
    }

    /// What clocks of the zone show then: `2026-03-29` and minutes since midnight.
    package func date(at time: Timestamp) -> CivilDate {
        ZonedTime(zone).local(at: Int((Double(time.milliseconds) / 60_000).rounded(.down))).date
    }

    /// Local times in order, each at its instant; as instants never go back when local times go on, the first later one is the next.
    private func nextShown(after minute: Int) -> Int? {
        let zoned = ZonedTime(zone)
        var local = zoned.local(at: minute)
        while local.date.year < 9999 {
            if cron.matches(local.date), let found = cron.nextMinute(from: local.minute) {
                local.minute = found
                let instant = zoned.instant(showing: local)
                if instant > minute { return instant }
                local.minute += 1
            } else {
                guard let next = cron.nextDay(from: CivilDate(daysSince1970: local.date.daysSince1970 + 1)) else { return nil }
                local = ZonedTime.Local(date: next, minute: 0)
            }
        }
        return nil
    }

    /// Minutes as they pass.
    private func nextPassing(after minute: Int) -> Int? {
        let zoned = ZonedTime(zone)
        var instant = minute + 1
        while true {
            let local = zoned.local(at: instant)
            guard local.date.year < 9999 else { return nil }
            if cron.matches(local.date) {
                if cron.minute.contains(local.minute % 60) { return instant }
                instant += 1
            } else {
                guard let next = cron.nextDay(from: local.date) else { return nil }
                instant = max(instant + 1, zoned.instant(showing: ZonedTime.Local(date: next, minute: 0)))
            }
        }
    }

    private static func zone(_ name: String) throws(Problem) -> TimeZone {
        let isName =
            (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte) || [43, 45, 47, 95].contains(byte)
            }
        guard isName, !name.hasPrefix("/"), let zone = TimeZone(identifier: name), name == "UTC" || !name.hasPrefix("GMT") else {
            throw Problem(
                .invalid, "pipelines.schedule.zone", "'\(name.printable)' is not a time zone.",
                why: "Time zones have names of the IANA database.", fix: "Name one such as 'Europe/Berlin' or 'UTC'.")
        }
        return zone
    }
}
