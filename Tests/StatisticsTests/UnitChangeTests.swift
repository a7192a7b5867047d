// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Suspected changes of unit, on a year of New York weather")
struct UnitChangeTests {
    /// Values by column and month, nulls left out: 400 flights of each month of 2013.
    let weather: [String: [Int: [Double]]]

    init() throws {
        let names = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
        var weather: [String: [Int: [Double]]] = [:]
        for row in try VectorFolder.rows(of: "weather.csv", in: VectorFolder.committed) {
            let month = try #require(row["month"].flatMap { Int($0) })
            for name in names {
                guard let field = row[name], !field.isEmpty else { continue }
                weather[name, default: [:]][month, default: []].append(try #require(Double(field)))
            }
        }
        self.weather = weather
        #expect(weather.count == 6)
    }

    private func month(_ column: String, _ month: Int) throws -> [Double] {
        try #require(weather[column]?[month])
    }

    private func rounded(_ values: [Double], decimals: Int) -> [Double] {
        values.map { ($0 * pow(10, Double(decimals))).rounded() / pow(10, Double(decimals)) }
    }

    @Test("no column is suspected from one month to the next, in either direction", arguments: 1...11)
    func ordinarySeasons(first: Int) throws {
        for column in weather.keys {
            let (earlier, later) = (try month(column, first), try month(column, first + 1))
            #expect(UnitChange.suspected(from: earlier, to: later) == nil, "\(column), months \(first) and \(first + 1)")
            #expect(UnitChange.suspected(from: later, to: earlier) == nil, "\(column), months \(first + 1) and \(first)")
        }
    }

    @Test("each month that turns to Celsius is suspected, whether exact or rounded", arguments: 2...12)
    func celsius(turned: Int) throws {
        let before = try month("temp", turned - 1)
        let exact = try month("temp", turned).map { ($0 - 32) / 1.8 }
        for after in [exact, rounded(exact, decimals: 1), rounded(exact, decimals: 0)] {
            let change = try #require(UnitChange.suspected(from: before, to: after), "month \(turned)")
            #expect(change.conversion.name == "°F to °C", "month \(turned)")
            #expect(change.raw.gap >= 0.5 && change.undone.gap < change.raw.gap)
            #expect(change.undone.deviations <= 0.5 * change.raw.deviations)
        }
    }

    @Test(
        "other columns that change unit are suspected in every month in which the gap is large enough",
        arguments: [
            ("temp", "°F to K"), ("wind_speed", "mph to m/s"), ("visib", "miles (or mph) to kilometres (or km/h)"),
            ("pressure", "hPa to inHg"), ("humid", "per cent (or hundredths) to fractions (or units)"),
            ("pressure", "units to tenths"),
        ])
    func otherUnits(column: String, name: String) throws {
        let conversion = try #require(UnitConversion.common.first { $0.name == name })
        var judged = 0
        for turned in 2...12 {
            let before = try month(column, turned - 1)
            let after = rounded(try month(column, turned).map(conversion.apply), decimals: 4)
            let gap = try #require(KolmogorovSmirnov(before, after)).statistic
            let change = UnitChange.suspected(from: before, to: after)
            #expect(change?.conversion.name == (gap >= 0.5 ? name : nil), "\(column), month \(turned), gap \(gap)")
            judged += gap >= 0.5 ? 1 : 0
        }
        #expect(judged >= 10)
    }

    @Test("rain in millimetres is suspected from the wet hours, when there are enough of them")
    func mostlyZero() throws {
        var names: [String] = []
        for turned in 2...12 {
            let before = try month("precip", turned - 1)
            let after = rounded(try month("precip", turned).map { $0 * 25.4 }, decimals: 2)
            let isEnough = [before, after].allSatisfy { $0.count { $0 != 0 } >= UnitChange.smallestSample }
            let change = UnitChange.suspected(from: before, to: after)
            #expect((change != nil) == isEnough, "month \(turned)")
            if let change { names.append(change.conversion.name) }
        }
        // Some months have little more than 20 wet hours, too few to tell every factor from its neighbours.
        #expect(names.count >= 4)
        #expect(names.count { $0 != "inches to millimetres" } <= 1, "\(names)")
    }

    @Test("a column that breaks into a constant, or has too few values, is not a change of unit")
    func notAUnit() throws {
        let before = try month("temp", 1)
        #expect(UnitChange.suspected(from: before, to: before.map { _ in 0 }) == nil)
        #expect(UnitChange.suspected(from: before.map { _ in 7 }, to: before) == nil)
        #expect(UnitChange.suspected(from: before, to: []) == nil)
        #expect(UnitChange.suspected(from: Array(before.prefix(10)), to: before.prefix(10).map { ($0 - 32) / 1.8 }) == nil)
        #expect(UnitChange.suspected(from: before, to: before.map { _ in .nan }) == nil)
        #expect(UnitChange.suspected(from: before, to: before) == nil)
    }

    @Test("every conversion undoes itself and has its inverse in the table", arguments: UnitConversion.common)
    func conversions(conversion: UnitConversion) throws {
        expectStatistic(conversion.undo(conversion.apply(to: 12.5)), 12.5, conversion.name)
        #expect(conversion.scale > 0)
        #expect(
            UnitConversion.common.contains { abs($0.scale * conversion.scale - 1) < 1e-12 && abs($0.apply(to: conversion.offset)) < 1e-9 },
            "\(conversion.name)")
    }

    @Test("fixed points of the temperature scales")
    func fixedPoints() throws {
        for (name, old, new) in [("°F to °C", 212.0, 100.0), ("°C to °F", -40, -40), ("K to °F", 273.15, 32), ("°F to K", 32, 273.15)] {
            let conversion = try #require(UnitConversion.common.first { $0.name == name })
            expectStatistic(conversion.apply(to: old), new, name)
        }
    }
}
