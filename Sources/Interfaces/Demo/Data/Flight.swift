// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One row of the data file: what the model is given, what became of it, and the line it came from.
package struct Flight: Equatable, Sendable {
    /// The model's numeric inputs, in the order of `Flight.numbers`.
    package static let numericColumns = ["hour", "dow", "distance", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    package static let temperatureIndex = 3
    package static let humidityIndex = 4
    package static let textColumns = ["carrier", "origin", "dest"]
    /// A flight that lands later than this is late.
    package static let lateAfterMinutes = 15.0

    /// As it stands in the file, without the line's end.
    package var line: String
    /// Scheduled departure.
    package var eventTime: Timestamp
    /// Local day of the month of the schedule.
    package var day: Int
    /// Nil where the field is empty.
    package var numbers: [Float?]
    package var carrier: String
    package var origin: String
    package var destination: String
    /// Nil when the flight never arrived, or no delay is known.
    package var isLate: Bool?

    /// Milliseconds since 1970 of the start of the hour the flight is scheduled in.
    package var scheduledHour: Int64 {
        let milliseconds = eventTime.milliseconds
        let rest = milliseconds % 3_600_000
        return milliseconds - (rest < 0 ? rest + 3_600_000 : rest)
    }
}
