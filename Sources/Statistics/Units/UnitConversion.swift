// SPDX-License-Identifier: Apache-2.0

/// A change of unit as data shows it: new = old · scale + offset.
package struct UnitConversion: Codable, Equatable, Sendable {
    /// For people, such as "°F to °C".
    package let name: String
    /// Positive.
    package let scale: Double
    package let offset: Double

    /// Conversions that upstream systems make by accident, each in both directions. Units with the same factor share an entry.
    package static let common: [UnitConversion] =
        pair("°F", "°C", scale: 5.0 / 9, offset: -160.0 / 9)
        + pair("°C", "K", offset: 273.15)
        + pair("°F", "K", scale: 5.0 / 9, offset: 273.15 - 160.0 / 9)
        + pair("miles (or mph)", "kilometres (or km/h)", scale: 1.609344)
        + pair("mph", "m/s", scale: 0.44704)
        + pair("inches", "millimetres", scale: 25.4)
        + pair("inHg", "hPa", scale: 33.863_886_666_667)
        + pair("units", "tenths", scale: 10)
        + pair("fractions (or units)", "per cent (or hundredths)", scale: 100)
        + pair("units", "thousandths", scale: 1000)

    package func apply(to value: Double) -> Double { value * scale + offset }
    package func undo(_ value: Double) -> Double { (value - offset) / scale }

    private static func pair(_ first: String, _ second: String, scale: Double = 1, offset: Double = 0) -> [UnitConversion] {
        [
            UnitConversion(name: "\(first) to \(second)", scale: scale, offset: offset),
            UnitConversion(name: "\(second) to \(first)", scale: 1 / scale, offset: -offset / scale),
        ]
    }
}
