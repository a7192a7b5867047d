// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Pipelines
import Testing

@Suite("Schedules")
struct ScheduleTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            var cron: String
            var zone: String
            var after: Int64
            var times: [Int64]
        }

        var cases: [Case]
    }

    private func time(_ text: String) throws -> Timestamp {
        Timestamp(milliseconds: Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970) * 1000)
    }

    private func times(_ cron: String, _ zone: String, after: String, _ count: Int) throws -> [String] {
        let schedule = try Schedule(cron, timeZone: zone)
        var last = try time(after)
        return (0..<count).compactMap { _ in
            guard let next = schedule.next(after: last) else { return nil }
            last = next
            return Date(timeIntervalSince1970: Double(next.milliseconds) / 1000).formatted(.iso8601)
        }
    }

    @Test("come when another implementation says, in twelve zones, around changes of the clock and at random")
    func golden() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = try Data(contentsOf: folder.appending(path: "Golden/cron/cron.json"))
        let cases = try JSONDecoder().decode(Golden.self, from: file).cases
        #expect(cases.count == 1000)
        for one in cases {
            let schedule = try Schedule(one.cron, timeZone: one.zone)
            var last = Timestamp(milliseconds: one.after * 1000)
            var times: [Int64] = []
            while times.count < one.times.count, let next = schedule.next(after: last) {
                times.append(next.milliseconds / 1000)
                last = next
            }
            #expect(times == one.times, "\(one.cron) in \(one.zone) after \(one.after)")
        }
    }

    @Test("run a time that clocks skip once, at the first minute after the gap")
    func gap() throws {
        let expected = ["2024-03-30T01:30:00Z", "2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"]
        #expect(try times("30 2 * * *", "Europe/Berlin", after: "2024-03-29T12:00:00Z", 3) == expected)
        let several = try times("0,15,30,45 2 * * *", "Europe/Berlin", after: "2024-03-30T12:00:00Z", 2)
        #expect(several == ["2024-03-31T01:00:00Z", "2024-04-01T00:00:00Z"])
    }

    @Test("run a time that clocks show twice once, the first time")
    func repeated() throws {
        let expected = ["2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z"]
        #expect(try times("30 2 * * *", "Europe/Berlin", after: "2024-10-26T12:00:00Z", 2) == expected)
        // Asked in the second passing of the hour.
        #expect(try times("30 2 * * *", "Europe/Berlin", after: "2024-10-27T01:10:00Z", 1) == ["2024-10-28T01:30:00Z"])
    }

    @Test("of every hour count time that passes")
    func everyHour() throws {
        let autumn = ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-10-27T02:30:00Z"]
        #expect(try times("30 * * * *", "Europe/Berlin", after: "2024-10-27T00:00:00Z", 3) == autumn)
        let spring = ["2024-03-31T00:30:00Z", "2024-03-31T01:30:00Z"]
        #expect(try times("30 * * * *", "Europe/Berlin", after: "2024-03-31T00:00:00Z", 2) == spring)
    }

    @Test("know leap years, also those of centuries")
    func leapYears() throws {
        let expected = ["2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"]
        #expect(try times("0 0 29 2 *", "UTC", after: "2093-01-01T00:00:00Z", 2) == expected)
    }

    @Test(
        "are refused at once when they are malformed or never come",
        arguments: [
            ("0 0 30 2 *", "pipelines.schedule.never"), ("0 0 31 2,4,6,9,11 *", "pipelines.schedule.never"),
            ("* * * *", "pipelines.schedule.malformed"), ("* * * * * *", "pipelines.schedule.malformed"),
            ("", "pipelines.schedule.malformed"), ("@reboot", "pipelines.schedule.malformed"),
            ("60 * * * *", "pipelines.schedule.field"), ("* 24 * * *", "pipelines.schedule.field"),
            ("* * 0 * *", "pipelines.schedule.field"), ("* * * 13 *", "pipelines.schedule.field"),
            ("* * * * 8", "pipelines.schedule.field"), ("*/0 * * * *", "pipelines.schedule.field"),
            ("5/15 * * * *", "pipelines.schedule.field"), ("9-3 * * * *", "pipelines.schedule.field"),
            ("1,,2 * * * *", "pipelines.schedule.field"), ("-1 * * * *", "pipelines.schedule.field"),
            ("* * L * *", "pipelines.schedule.field"), ("* * * * MON#2", "pipelines.schedule.field"),
            ("99999999999999999999 * * * *", "pipelines.schedule.field"), ("١ * * * *", "pipelines.schedule.field"),
            (String(repeating: "1,", count: 5000) + "1 * * * *", "pipelines.schedule.long"),
        ])
    func refused(_ cron: String, _ code: String) {
        let problem = #expect(throws: Problem.self) { try Schedule(cron) }
        #expect(problem?.code == code)
    }

    @Test(
        "know zones of the IANA database and nothing else", arguments: ["", "../etc/passwd", "/etc/localtime", "Europe/Nowhere", "GMT+3"])
    func zones(_ name: String) {
        let problem = #expect(throws: Problem.self) { try Schedule("@daily", timeZone: name) }
        #expect(problem?.code == "pipelines.schedule.zone")
    }

    @Test("list the times of a range and the last of them, however many there are")
    func ranges() throws {
        let schedule = try Schedule("*/10 * * * *")
        let (start, end) = (try time("2024-01-01T00:00:00Z"), try time("2024-01-01T01:00:00Z"))
        #expect(schedule.times(after: start, through: end, limit: 100).count == 6)
        #expect(schedule.times(after: start, through: end, limit: 4).count == 4)
        #expect(schedule.lastTimes(after: start, through: end, limit: 2) == [end - .seconds(600), end])
        #expect(schedule.lastTimes(after: Timestamp(milliseconds: 0), through: end, limit: 1) == [end])
        let yearly = try Schedule("@yearly")
        #expect(yearly.lastTimes(after: Timestamp(milliseconds: 0), through: end, limit: 2).last == start)
    }
}

@Suite("Plans of ticks")
struct TickPlanTests {
    private let noon = Timestamp(milliseconds: 1_704_110_400_000)

    private func plan(_ missed: ScheduleSource.Missed, after passed: Duration, cap: Int = 10) throws -> TickPlan {
        let source = ScheduleSource(cron: "0 * * * *", missed: missed, cap: cap)
        return TickPlan(try Schedule(source.cron), source, since: noon, at: noon + passed)
    }

    @Test("run a time that has just come, whatever the policy", arguments: ScheduleSource.Missed.allCases)
    func onTime(_ missed: ScheduleSource.Missed) throws {
        let plan = try plan(missed, after: .seconds(3601))
        #expect(plan.due == [noon + .seconds(3600)])
        #expect(plan.missed == nil)
        #expect(plan.next == noon + .seconds(7200))
        #expect(try self.plan(missed, after: .seconds(3599)).due.isEmpty)
    }

    @Test("run none, the last or all of the missed times, and say which they left out")
    func missed() throws {
        let passed = Duration.seconds(5 * 3600 + 600)
        let skip = try plan(.skip, after: passed)
        #expect(skip.due.isEmpty && skip.missedCount == 5)
        #expect(skip.missed == noon + .seconds(3600)...noon + .seconds(18_000))
        let last = try plan(.last, after: passed)
        #expect(last.due == [noon + .seconds(18_000)] && last.missedCount == 4)
        #expect(last.missedText?.hasPrefix("4 times passed from 2024-01-01T13:00") == true)
        #expect(try plan(.all, after: passed).due.count == 5)
        let capped = try plan(.all, after: passed, cap: 2)
        #expect(capped.due == [noon + .seconds(14_400), noon + .seconds(18_000)] && capped.missedCount == 3)
    }

    @Test("stay bounded over years of missed minutes")
    func bounded() throws {
        let source = ScheduleSource(cron: "* * * * *", missed: .all, cap: 100)
        let plan = TickPlan(try Schedule(source.cron), source, since: noon, at: noon + .seconds(10 * 365 * 86_400))
        #expect(plan.due.count == 100)
        #expect(plan.missedText?.hasPrefix("More than 1000 times") == true)
    }

    @Test("wait for a clock that was put back a little, and believe one that was put back far")
    func putBack() throws {
        let little = try plan(.last, after: .seconds(-30))
        #expect(little.due.isEmpty && little.considered == noon)
        let far = try plan(.last, after: .seconds(-86_400))
        #expect(far.due.isEmpty && far.considered == noon - .seconds(86_400))
        #expect(far.next == noon - .seconds(82_800))
    }
}
