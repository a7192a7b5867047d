// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Testing

@testable import Demo

@Suite("A file of flights")
struct FlightTableTests {
    @Test("gives each month's rows in order of event time, with the model's columns")
    func readsRows() throws {
        let january = [
            FlightFile.line("2013-01-15T11:20:00Z", delay: "16"), FlightFile.line("2013-01-15T10:15:00Z", pressure: "", delay: "15"),
            FlightFile.line("2013-01-15T11:20:00Z", carrier: "B6", delay: ""),
        ]
        let month = try FlightFile.table(january: january).month(1)
        #expect(month.flights.map(\.line) == [january[1], january[0], january[2]])
        #expect(month.flights.map(\.isLate) == [false, true, nil])
        #expect(month.flights[0].numbers == [5, 1, 1400, 39.02, 64.43, 12.66, 0, nil, 10])
        #expect(month.flights[2].carrier == "B6")
        // `date -u -d 2013-01-15T10:15:00Z +%s`
        #expect(month.flights[0].eventTime.milliseconds == 1_358_244_900_000)
        #expect(month.flights[0].scheduledHour == 1_358_244_000_000)
        #expect(month.lateRate == 0.5)
        #expect(month.days.map { $0.map(\.count) } == [[1, 2]])
    }

    @Test("writes a month as the same lines under the same header")
    func writesMonths() throws {
        let table = try FlightFile.table()
        #expect(String(decoding: try table.month(1).csv, as: UTF8.self) == "\(FlightFile.header)\n\(FlightFile.line())\n")
        let both = String(decoding: try table.csv(of: [1, 2]), as: UTF8.self)
        #expect(both.split(separator: "\n").count == 3)
        #expect(try FlightTable(csv: table.csv(of: [1, 2, 3, 4])).rowCount == 4)
    }

    @Test("may have line ends of Windows, a byte order mark, other orders of columns, and quotes")
    func readsVariants() throws {
        let plain = try FlightFile.table()
        let windows = try FlightTable(csv: [0xEF, 0xBB, 0xBF] + Array(FlightFile.text(end: "\r\n").utf8))
        #expect(windows.months == plain.months)

        let turned = FlightFile.text(january: [FlightFile.line(carrier: "\"U,\"\"A\"")])
            .split(separator: "\n").enumerated()
            .map { index, line in index == 0 ? "extra,\(line)" : "9,\(line)" }.joined(separator: "\n")
        let flight = try FlightTable(csv: Array(turned.utf8)).month(1).flights[0]
        #expect(flight.carrier == "U,\"A")
        #expect(flight.numbers == plain.months[0].flights[0].numbers)
    }

    @Test("names all columns that are missing")
    func namesMissingColumns() throws {
        let text = FlightFile.text().replacing(",temp,", with: ",warmth,").replacing(",arr_delay\n", with: ",late\n")
        let problem = #expect(throws: Problem.self) { try FlightTable(csv: Array(text.utf8)) }
        #expect(problem?.code == "demo.column.missing")
        #expect(problem?.what.contains("'temp', 'arr_delay'") == true)
    }

    @Test(
        "says on which line and in which column a field is malformed",
        arguments: [
            (FlightFile.line(temperature: "warm"), "demo.field.malformed", "temp"),
            (FlightFile.line(temperature: "inf"), "demo.field.malformed", "temp"),
            (FlightFile.line("2013-02-30T10:00:00Z"), "demo.field.malformed", "event_time"),
            (FlightFile.line("yesterday"), "demo.field.malformed", "event_time"),
            (FlightFile.line(month: 13), "demo.field.malformed", "month"),
            (FlightFile.line(delay: "1,2"), "demo.line.width", "18 fields"),
            (FlightFile.line(carrier: "\"UA"), "demo.line.unclosed-quote", "quote"),
        ])
    func refusesMalformedFields(line: String, code: String, word: String) throws {
        let problem = #expect(throws: Problem.self) { try FlightFile.table(january: [FlightFile.line(), line]) }
        #expect(problem?.code == code)
        #expect(problem?.what.contains("Line 3") == true)
        #expect(problem?.what.contains(word) == true)
    }

    @Test("needs four months, each of one year")
    func refusesTooFewMonths() throws {
        let short = FlightFile.text().split(separator: "\n").dropLast().joined(separator: "\n")
        #expect(throws: Problem.self) { try FlightTable(csv: Array(short.utf8)) }
        let long = [FlightFile.line(), FlightFile.line("2014-01-15T10:15:00Z")]
        let problem = #expect(throws: Problem.self) { try FlightFile.table(january: long) }
        #expect(problem?.code == "demo.data.too-long")
        #expect(throws: Problem.self) { try FlightTable(csv: []) }
        #expect(throws: Problem.self) { try FlightFile.table().month(7) }
    }

    @Test(
        "gives temperatures in Celsius for the drill, and nothing else changed",
        arguments: [("39.02", "3.9"), ("32", "0.0"), ("31.9", "-0.1"), ("-40", "-40.0"), ("", "")])
    func convertsToCelsius(fahrenheit: String, celsius: String) throws {
        let month = try FlightFile.table(january: [FlightFile.line(temperature: fahrenheit)]).month(1)
        let converted = try month.inCelsius()
        #expect(converted.flights[0].line == FlightFile.line(temperature: celsius))
        #expect(converted.flights[0].numbers[3] == Float(celsius))
        var back = converted.flights[0]
        (back.line, back.numbers[3]) = (month.flights[0].line, month.flights[0].numbers[3])
        #expect(back == month.flights[0])
    }

    @Test("leaves out the humidity, renames a carrier and ends early for the drills, and nothing else changes")
    func breaks() throws {
        let lines = [FlightFile.line(), FlightFile.line("2013-01-16T10:15:00Z", day: 16, carrier: "B6")]
        let month = try FlightFile.table(january: lines).month(1)
        let dry = try month.withoutHumidity()
        #expect(dry.flights.allSatisfy { $0.numbers[4] == nil })
        #expect(dry.flights.map { $0.line.split(separator: ",", omittingEmptySubsequences: false).count { $0.isEmpty } }
            == month.flights.map { $0.line.split(separator: ",", omittingEmptySubsequences: false).count { $0.isEmpty } + 1 })
        let renamed = try month.renaming(carrier: "B6", to: "ZZ")
        #expect(renamed.flights.map(\.carrier) == [month.flights[0].carrier, "ZZ"])
        #expect(renamed.flights[1].line == FlightFile.line("2013-01-16T10:15:00Z", day: 16, carrier: "ZZ"))
        #expect(month.first(days: 1).flights == [month.flights[0]])
    }

    @Test("moves times by days across a year's end, the local date with them")
    func shifts() throws {
        // Late on the 31st in New York is the next day in UTC.
        let month = try FlightFile.table(january: [FlightFile.line("2013-02-01T03:59:00Z", day: 31)]).month(1)
        #expect(try month.shifted(byDays: 364).flights[0].line == FlightFile.line("2014-01-31T03:59:00Z", day: 30))
        #expect(try month.shifted(byDays: 7).flights[0].line == FlightFile.line("2013-02-08T03:59:00Z", month: 2, day: 7))
        #expect(try month.shifted(byDays: -31).flights[0].line == FlightFile.line("2013-01-01T03:59:00Z", month: 12, day: 31))
        #expect(try month.shifted(byDays: 7).shifted(byDays: -7) == month)
    }

    @Test("is unpacked when it is compressed, and refused when it is damaged or absent")
    func readsFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let plain = folder.appending(path: "flights.csv")
        try Data(FlightFile.text().utf8).write(to: plain)
        #expect(try FlightTable(contentsOf: plain).rowCount == 4)

        // `printf 'a' | gzip -n` without its last bytes.
        let damaged = folder.appending(path: "damaged.csv.gz")
        try Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 4, 0]).write(to: damaged)
        #expect(throws: Problem.self) { try FlightTable(contentsOf: damaged) }
        #expect(throws: Problem.self) { try FlightTable(contentsOf: folder.appending(path: "absent.csv")) }

        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-k", plain.path]
        try process.run()
        process.waitUntilExit()
        #expect(try FlightTable(contentsOf: folder.appending(path: "flights.csv.gz")).rowCount == 4)
    }
}
