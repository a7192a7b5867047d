// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Foundation

/// A year of flights by month: the data the demonstration replays.
package struct FlightTable: Sendable {
    /// Two months to learn from, one to judge on and one to answer.
    package static let fewestMonths = 4

    /// In order of time.
    package let months: [FlightMonth]

    /// Reads a CSV file, plain or compressed with gzip.
    ///
    /// - Throws: `Problem` `.invalid` for a file that cannot be read, lacks columns, holds a malformed field, or has fewer than four months.
    package init(contentsOf file: URL) throws {
        try self.init(csv: try DataFile(file).text())
    }

    package init(csv bytes: [UInt8]) throws(Problem) {
        var lines = bytes[...].split(separator: UInt8(ascii: "\n")).makeIterator()
        guard var header = lines.next() else {
            throw Problem(.invalid, "demo.data.empty", "The data file is empty.")
        }
        if header.starts(with: [0xEF, 0xBB, 0xBF]) { header = header.dropFirst(3) }
        let columns = try FlightColumns(header: String(decoding: Self.withoutReturn(header), as: UTF8.self))
        var flights: [Int: [Flight]] = [:]
        var number = 1
        while let slice = lines.next() {
            number += 1
            let line = try CSVLine(Array(Self.withoutReturn(slice)), number: number)
            let month = try line.integer(at: columns.month, of: "month", in: 1...12)
            flights[month, default: []].append(try Self.flight(line, columns))
        }
        var unordered: [FlightMonth] = []
        for (month, flights) in flights { unordered.append(try Self.month(month, flights, columns)) }
        months = unordered.sorted { $0.interval.lowerBound < $1.interval.lowerBound }
        guard months.count >= Self.fewestMonths else {
            throw Problem(
                .invalid, "demo.data.too-short", "The data file holds \(months.count) months.",
                why: "The story needs at least \(Self.fewestMonths): two to learn from, one to judge on and one to answer.",
                fix: "Give a file with more months: --data FILE.")
        }
    }

    package var rowCount: Int { months.reduce(0) { $0 + $1.flights.count } }

    /// - Throws: `Problem` `.notFound` when the file has no such month.
    package func month(_ number: Int) throws(Problem) -> FlightMonth {
        guard let month = months.first(where: { $0.month == number }) else {
            throw Problem(
                .notFound, "demo.month.unknown", "The data file has no flights of month \(number).",
                why: "It has months \(months.map { String($0.month) }.joined(separator: ", ")).")
        }
        return month
    }

    /// Several months as one CSV file with one header.
    package func csv(of numbers: [Int]) throws(Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in numbers {
            let month = try month(number)
            bytes.append(contentsOf: bytes.isEmpty ? month.csv[...] : month.csv.dropFirst(month.columns.header.utf8.count + 1))
        }
        return bytes
    }

    private static func month(_ number: Int, _ flights: [Flight], _ columns: FlightColumns) throws(Problem) -> FlightMonth {
        // A sort by time that leaves rows of one moment as they stood; most files are in order already.
        let isOrdered = zip(flights, flights.dropFirst()).allSatisfy { $0.eventTime <= $1.eventTime }
        let ordered =
            isOrdered
            ? flights
            : flights.enumerated().sorted { ($0.element.eventTime, $0.offset) < ($1.element.eventTime, $1.offset) }.map(\.element)
        let month = FlightMonth(month: number, flights: ordered, columns: columns)
        let span = month.interval.upperBound.milliseconds - month.interval.lowerBound.milliseconds
        guard span <= 33 * CivilTime.millisecondsPerDay else {
            throw Problem(
                .invalid, "demo.data.too-long", "The data file holds month \(number) of more than one year.",
                fix: "Give at most twelve months in a row.")
        }
        return month
    }

    private static func flight(_ line: CSVLine, _ columns: FlightColumns) throws(Problem) -> Flight {
        guard line.fields.count == columns.count else {
            throw Problem(
                .invalid, "demo.line.width", "Line \(line.number) of the data file has \(line.fields.count) fields, not \(columns.count).")
        }
        guard let time = CivilTime(line[columns.eventTime]) else {
            throw line.malformed("event_time", line[columns.eventTime], "a time in UTC such as 2013-01-31T10:15:00Z")
        }
        var numbers: [Float?] = []
        numbers.reserveCapacity(columns.numbers.count)
        for (index, name) in zip(columns.numbers, Flight.numericColumns) {
            numbers.append(try line.number(at: index, of: name).map { Float($0) })
        }
        let delay = try line.number(at: columns.arrivalDelay, of: "arr_delay")
        return Flight(
            line: line.text, eventTime: time.timestamp, day: try line.integer(at: columns.day, of: "day", in: 1...31), numbers: numbers,
            carrier: line[columns.texts[0]], origin: line[columns.texts[1]], destination: line[columns.texts[2]],
            isLate: delay.map { $0 > Flight.lateAfterMinutes })
    }

    private static func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
}
