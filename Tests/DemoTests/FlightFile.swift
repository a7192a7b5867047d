// SPDX-License-Identifier: Apache-2.0

@testable import Demo

/// Made-up flights as CSV text.
enum FlightFile {
    static let header =
        "event_time,month,day,hour,dow,carrier,origin,dest,distance,temp,humid,wind_speed,precip,pressure,visib,dep_delay,arr_delay"

    static func line(
        _ time: String = "2013-01-15T10:15:00Z", month: Int = 1, day: Int = 15, temperature: String = "39.02", pressure: String = "1011.9",
        carrier: String = "UA", delay: String = "11"
    ) -> String {
        "\(time),\(month),\(day),5,1,\(carrier),EWR,IAH,1400,\(temperature),64.43,12.66,0.0,\(pressure),10.0,2,\(delay)"
    }

    /// Four months with the given lines as the first.
    static func text(january: [String] = [line()], end: String = "\n") -> String {
        let others = (2...4).map { line("2013-0\($0)-10T09:00:00Z", month: $0, day: 10) }
        return ([header] + january + others).map { $0 + end }.joined()
    }

    static func table(january: [String] = [line()]) throws -> FlightTable {
        try FlightTable(csv: Array(text(january: january).utf8))
    }
}
