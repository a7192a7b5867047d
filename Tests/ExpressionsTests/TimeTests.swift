// SPDX-License-Identifier: Apache-2.0
import Expressions
import Foundation
import Testing

/// CEL specification, "Timestamps and Durations".
@Suite("Times and durations") struct TimeTests {
    private func evaluate(_ source: String) throws -> ExpressionValue { try ExpressionEnvironment().compile(source).evaluate() }

    @Test(
        "reads parts of a time, in UTC, at an offset and in a zone",
        arguments: [
            ("getFullYear()", 2024), ("getMonth()", 1), ("getDate()", 29), ("getDayOfMonth()", 28), ("getDayOfYear()", 59),
            ("getDayOfWeek()", 4),
            ("getHours()", 22), ("getMinutes()", 15), ("getSeconds()", 30), ("getMilliseconds()", 500), ("getHours('+04:00')", 2),
            ("getDate('+04:00')", 1),
            ("getMonth('04:00')", 2), ("getMinutes('-02:30')", 45), ("getHours('Asia/Dubai')", 2), ("getDayOfWeek('Asia/Dubai')", 5),
            ("getMinutes('Asia/Kathmandu')", 0), ("getHours('America/New_York')", 17), ("getHours('UTC')", 22),
            ("getFullYear('-23:59')", 2024),
        ] as [(String, Int64)])
    func parts(call: String, value: Int64) throws {
        // 29 February 2024 was a Thursday; Nepal is 5:45 ahead, New York 5 hours behind in winter.
        #expect(try evaluate("timestamp('2024-02-29T22:15:30.5Z').\(call)") == .int(value))
    }

    @Test("follows summer time")
    func summerTime() throws {
        #expect(try evaluate("timestamp('2024-07-01T12:00:00Z').getHours('America/New_York')") == .int(8))
        #expect(try evaluate("timestamp('2024-01-01T12:00:00Z').getHours('America/New_York')") == .int(7))
        // Clocks went from 1:59:59 to 3:00 on 10 March 2024, at 7:00 UTC.
        #expect(try evaluate("timestamp('2024-03-10T06:59:59Z').getHours('America/New_York')") == .int(1))
        #expect(try evaluate("timestamp('2024-03-10T07:00:00Z').getHours('America/New_York')") == .int(3))
    }

    @Test(
        "refuses unknown zones",
        arguments: [
            "Nowhere/City", "+4:00", "04:60", "24:00", "+04", "a:b", "--04:00", "../../../dev/zero", "/etc/localtime", "", "Asia/Dubai ",
        ])
    func zones(zone: String) {
        let error = #expect(throws: ExpressionError.self) { try evaluate("timestamp(0).getHours('\(zone)')") }
        #expect(error?.code == .argument)
    }

    @Test(
        "writes times in UTC with the decimals they need",
        arguments: [
            ("2024-02-29T22:15:30Z", "2024-02-29T22:15:30Z"), ("2024-02-29T22:15:30.120Z", "2024-02-29T22:15:30.12Z"),
            ("2024-02-29T23:15:30+01:00", "2024-02-29T22:15:30Z"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"), ("2000-02-29T00:00:00-00:30", "2000-02-29T00:30:00Z"),
        ])
    func text(given: String, written: String) throws {
        #expect(try evaluate("string(timestamp('\(given)'))") == .string(written))
    }

    @Test(
        "refuses what is no time",
        arguments: [
            "", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-1-1T00:00:00Z", "0000-12-31T23:59:59Z", "10000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00ZZ", "2024-01-01T00:00:60Z",
        ])
    func noTime(text: String) {
        let error = #expect(throws: ExpressionError.self) { try evaluate("timestamp('\(text)')") }
        #expect(error?.code == .conversion)
    }

    @Test(
        "reads and writes durations",
        arguments: [
            ("0", "0s"), ("90s", "90s"), ("1h30m", "5400s"), ("-1.5s", "-1.5s"), ("+2m", "120s"), ("250ms", "0.25s"), ("1us", "0.000001s"),
            ("1\u{B5}s", "0.000001s"),
            ("-1ns", "-0.000000001s"), (".5h", "1800s"), ("1.000000001s", "1.000000001s"),
            ("2562047h47m16.854775807s", "9223372036.854775807s"),
        ])
    func durations(given: String, written: String) throws {
        #expect(try evaluate("string(duration('\(given)'))") == .string(written))
    }

    @Test(
        "refuses what is no duration",
        arguments: ["", "1", "s", "1x", "1h-30m", "1.s.", "--1s", "1 s", "9223372037s", "-9223372037s", "99999999999999999999s"])
    func noDuration(text: String) {
        let error = #expect(throws: ExpressionError.self) { try evaluate("duration('\(text)')") }
        #expect(error?.code == .conversion)
    }

    @Test(
        "reckons with times",
        arguments: [
            "timestamp('2024-02-28T00:00:00Z') + duration('24h') == timestamp('2024-02-29T00:00:00Z')",
            "timestamp('2024-03-01T00:00:00Z') - duration('1ns') == timestamp('2024-02-29T23:59:59.999999999Z')",
            "timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-01T00:00:00Z') == duration('696h')",
            "duration('90m').getHours() == 1 && duration('90m').getMinutes() == 90 && duration('-1.5s').getMilliseconds() == -500",
            "timestamp(0) == timestamp('1970-01-01T00:00:00Z') && int(timestamp('1969-12-31T23:59:59Z')) == -1",
            "timestamp('1969-12-31T23:59:59.5Z') < timestamp(0) && duration('1s') > duration('999ms')",
        ])
    func arithmetic(source: String) throws {
        #expect(try ExpressionEnvironment().compile(source).decide())
    }

    @Test("agrees with Foundation's calendar", arguments: [UInt64(11), 12])
    func calendar(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        // From 1583 on Foundation's calendar is the proleptic one too.
        for _ in 0..<500 {
            let seconds = Int64.random(in: -12_212_553_600...253_402_300_799, using: &random)
            let date = Date(timeIntervalSince1970: Double(seconds))
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
            let source =
                "[t.getFullYear(), t.getMonth() + 1, t.getDate(), t.getHours(), t.getMinutes(), t.getSeconds(), t.getDayOfWeek() + 1]"
            let time = try #require(Timestamp(seconds: seconds))
            let value = try ExpressionEnvironment(variables: ["t": .timestamp]).compile(source).evaluate(["t": .timestamp(time)])
            let expected = [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second, parts.weekday].map {
                Int64($0 ?? -1)
            }
            #expect(value == .list(expected.map { .int($0) }), "\(seconds), seed \(seed)")
            #expect(Timestamp(time.text) == time)
        }
    }
}
