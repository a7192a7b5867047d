// SPDX-License-Identifier: Apache-2.0

package import Domain

/// The flights of one local month, in order of event time.
package struct FlightMonth: Equatable, Sendable {
    /// 1 to 12; still the month it was taken from when its times have been shifted.
    package let month: Int
    package private(set) var flights: [Flight]
    let columns: FlightColumns

    init(month: Int, flights: [Flight], columns: FlightColumns) {
        self.month = month
        self.flights = flights
        self.columns = columns
    }

    package var labelledCount: Int { flights.count { $0.isLate != nil } }

    /// Share of late flights among those with a label; nil without any.
    package var lateRate: Double? {
        labelledCount > 0 ? Double(flights.count { $0.isLate == true }) / Double(labelledCount) : nil
    }

    /// From the first scheduled departure to just after the last, in milliseconds since 1970.
    package var interval: Range<Timestamp> {
        let first = flights.first?.eventTime ?? Timestamp(milliseconds: 0)
        let last = flights.last?.eventTime ?? first
        return first..<Timestamp(milliseconds: last.milliseconds + 1)
    }

    /// The month as a CSV file: the header of the data file, then its lines.
    package var csv: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(columns.header.utf8.count + 1 + flights.reduce(0) { $0 + $1.line.utf8.count + 1 })
        bytes.append(contentsOf: columns.header.utf8)
        bytes.append(UInt8(ascii: "\n"))
        for flight in flights {
            bytes.append(contentsOf: flight.line.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// The flights by local day, and within it by scheduled hour, each in order of time: what one request carries.
    package var days: [[ArraySlice<Flight>]] {
        split(flights[...]) { $0.day == $1.day }.map { day in split(day) { $0.scheduledHour == $1.scheduledHour } }
    }

    /// The month as a source would send it that took Celsius for Fahrenheit: `temp` in °C, rounded to a tenth; nothing else changes.
    package func inCelsius() throws -> FlightMonth {
        try changing { flight, line, texts in
            guard let fahrenheit = try line.number(at: columns.temperature, of: "temp") else { return }
            let tenths = ((fahrenheit - 32) * 50 / 9).rounded()
            let text = Self.tenths(Int(tenths))
            texts[columns.temperature] = text
            flight.numbers[Flight.temperatureIndex] = Float(text)
        }
    }

    /// The month as a source would send it whose sensor of humidity has died: `humid` is empty everywhere; nothing else changes.
    package func withoutHumidity() throws -> FlightMonth {
        try changing { flight, _, texts in
            texts[columns.humidity] = ""
            flight.numbers[Flight.humidityIndex] = nil
        }
    }

    /// The month as a source would send it in which a carrier goes by another code from one day to the next; nothing else changes.
    package func renaming(carrier: String, to name: String) throws -> FlightMonth {
        try changing { flight, _, texts in
            guard flight.carrier == carrier else { return }
            texts[columns.carrier] = name
            flight.carrier = name
        }
    }

    /// The month as far as its first days go.
    package func first(days count: Int) -> FlightMonth {
        var changed = self
        changed.flights = Array(days.prefix(count).joined().joined())
        return changed
    }

    /// The month as if it had happened later: `event_time`, `month` and `day` move; the model's inputs do not, so only whole weeks keep
    /// `dow` true.
    package func shifted(byDays count: Int) throws -> FlightMonth {
        try changing { flight, line, texts in
            let before = CivilTime(flight.eventTime)
            let utcDay = CivilTime.days(year: before.year, month: before.month, day: before.day)
            let localMonth = try line.integer(at: columns.month, of: "month", in: 1...12)
            // The local date has no year; it is the date of this month and day that is closest to the moment in UTC.
            let local = [-1, 0, 1].map { CivilTime.days(year: before.year + $0, month: localMonth, day: flight.day) }
                .min { abs($0 - utcDay) < abs($1 - utcDay) }
            let date = CivilTime.civil(days: (local ?? utcDay) + count)
            flight.eventTime.milliseconds += Int64(count) * CivilTime.millisecondsPerDay
            flight.day = date.day
            texts[columns.eventTime] = CivilTime(flight.eventTime).text
            texts[columns.month] = String(date.month)
            texts[columns.day] = String(date.day)
        }
    }

    private func changing(_ change: (inout Flight, CSVLine, inout [Int: String]) throws -> Void) throws -> FlightMonth {
        var changed = self
        for index in flights.indices {
            let line = try CSVLine(flights[index].line, number: index + 2)
            var texts: [Int: String] = [:]
            try change(&changed.flights[index], line, &texts)
            changed.flights[index].line = line.replacing(texts)
        }
        return changed
    }

    private static func tenths(_ number: Int) -> String {
        "\(number < 0 ? "-" : "")\(abs(number) / 10).\(abs(number) % 10)"
    }

    private func split(_ flights: ArraySlice<Flight>, where same: (Flight, Flight) -> Bool) -> [ArraySlice<Flight>] {
        var groups: [ArraySlice<Flight>] = []
        var start = flights.startIndex
        for index in flights.indices where index + 1 == flights.endIndex || !same(flights[index], flights[index + 1]) {
            groups.append(flights[start...index])
            start = index + 1
        }
        return groups
    }
}
