// SPDX-License-Identifier: Apache-2.0

import Domain

/// Where the columns that the demonstration needs stand in a file; other columns are carried along unread.
struct FlightColumns: Equatable, Sendable {
    static let required =
        ["event_time", "month", "day"] + Flight.numericColumns + Flight.textColumns + ["arr_delay"]

    let header: String
    let count: Int
    let eventTime: Int
    let month: Int
    let day: Int
    let numbers: [Int]
    let texts: [Int]
    let arrivalDelay: Int
    /// Of `temp`, which the drill with degrees Celsius rewrites.
    var temperature: Int { numbers[Flight.temperatureIndex] }
    /// Of `humid`, which the drill with nulls empties.
    var humidity: Int { numbers[Flight.humidityIndex] }
    /// Of `carrier`, which the drill with an unseen carrier renames.
    var carrier: Int { texts[0] }

    /// - Throws: `Problem` `.invalid` naming every column that is missing.
    init(header: String) throws(Problem) {
        let names = try CSVLine(header, number: 1).texts
        let missing = Self.required.filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw Problem(
                .invalid, "demo.column.missing",
                "The data file lacks \(missing.count == 1 ? "the column" : "the columns") "
                    + missing.map { "'\($0)'" }.joined(separator: ", ") + ".",
                why: "Its first line names \(names.count) columns: \(names.prefix(20).joined(separator: ", ")).",
                fix: "Give a CSV file with a header of these columns, in any order: \(Self.required.joined(separator: ", ")).")
        }
        func place(_ name: String) -> Int { names.firstIndex(of: name) ?? 0 }
        self.header = header
        count = names.count
        eventTime = place("event_time")
        month = place("month")
        day = place("day")
        numbers = Flight.numericColumns.map(place)
        texts = Flight.textColumns.map(place)
        arrivalDelay = place("arr_delay")
    }
}
