// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A numeric column that looks as if its unit was changed upstream between two neighbouring windows.
///
/// Such a column drifts as far as a column can, but retraining on it would teach the fault: it should stop a retraining
/// and reach the owner of the data. This is a suspicion for a person to confirm. It is meant for neighbouring windows: between
/// January and July an ordinary season can look like a change of scale.
package struct UnitChange: Codable, Equatable, Sendable {
    /// Kolmogorov–Smirnov gaps in 0…1, and Wasserstein distances in standard deviations of the previous window.
    package struct Distance: Codable, Equatable, Sendable {
        package let gap: Double
        package let deviations: Double
    }

    package let conversion: UnitConversion
    /// Between the two windows as they came.
    package let raw: Distance
    /// Between the previous window and the current one with the conversion undone.
    package let undone: Distance

    /// Fewer values, or fewer different values, than this say too little about a unit.
    package static let smallestSample = 20
    package static let smallestSupport = 5
    /// After undoing, the standard deviations may differ by this factor: seasons change the spread, a wrong unit more so.
    package static let largestSpreadRatio = 2.5

    /// The conversion that best explains the change, or nil when none is suspected.
    ///
    /// Suspected means: the raw gap is at least `minimumGap`, and undoing the conversion narrows the gap, brings the Wasserstein
    /// distance down to at most `maximumShare` of what it was, and leaves a similar spread. Wasserstein and not the gap
    /// decides, because the gap cannot exceed 1 and so cannot tell a cold month in Fahrenheit from one in Celsius. Of several
    /// such conversions the best has the smallest sum of that distance and of the share of current values that it could not
    /// have made from any previous one: measurements repeat, so their grid betrays the factor.
    ///
    /// A column that is mostly zero is judged by its other values. Values that are not finite are left out, as nulls must be.
    /// O(n log n + m log m + c(n + m)) for c conversions. A change that leaves the raw gap below `minimumGap`, such as miles
    /// to kilometres on a wide distribution, is not found.
    package static func suspected(
        from previous: [Double], to current: [Double], among conversions: [UnitConversion] = UnitConversion.common,
        minimumGap: Double = 0.5, maximumShare: Double = 0.5
    ) -> UnitChange? {
        var before = previous.filter(\.isFinite).sorted()
        var after = current.filter(\.isFinite).sorted()
        if isMostlyZero(before), isMostlyZero(after) {
            before.removeAll { $0 == 0 }
            after.removeAll { $0 == 0 }
        }
        guard hasEnoughToJudge(before), hasEnoughToJudge(after),
            let spread = Moments(before).populationDeviation, let spreadAfter = Moments(after).populationDeviation
        else { return nil }
        let raw = Distance(
            gap: KolmogorovSmirnov(sorted: before, sorted: after).statistic,
            deviations: Wasserstein.distance(sorted: before, sorted: after) / spread)
        guard raw.gap >= minimumGap else { return nil }
        let quantum = quantum(of: after)
        let afterSteps = after.map { ($0 / quantum).rounded() }
        var best: (change: UnitChange, cost: Double)?
        for conversion in conversions {
            let ratio = spreadAfter / conversion.scale / spread
            guard ratio <= largestSpreadRatio, ratio >= 1 / largestSpreadRatio else { continue }
            let expected = before.map(conversion.apply)
            // At the current window's precision, so that a unit rounded upstream still ties.
            let expectedSteps = expected.map { ($0 / quantum).rounded() }
            let undone = Distance(
                gap: KolmogorovSmirnov(sorted: expectedSteps, sorted: afterSteps).statistic,
                deviations: Wasserstein.distance(sorted: expected, sorted: after) / (spread * conversion.scale))
            guard undone.gap < raw.gap, undone.deviations <= maximumShare * raw.deviations else { continue }
            let cost = undone.deviations + shareUnmatched(of: afterSteps, in: expectedSteps)
            if let best, best.cost <= cost { continue }
            best = (UnitChange(conversion: conversion, raw: raw, undone: undone), cost)
        }
        return best?.change
    }

    private static func isMostlyZero(_ values: [Double]) -> Bool {
        2 * values.count { $0 == 0 } > values.count
    }

    private static func hasEnoughToJudge(_ sorted: [Double]) -> Bool {
        guard sorted.count >= smallestSample else { return false }
        var distinct = 1
        for (value, next) in zip(sorted, sorted.dropFirst()) where value != next { distinct += 1 }
        return distinct >= smallestSupport
    }

    private static func shareUnmatched(of values: [Double], in others: [Double]) -> Double {
        var index = 0
        let unmatched = values.count { value in
            while index < others.count, others[index] < value { index += 1 }
            return index == others.count || others[index] != value
        }
        return Double(unmatched) / Double(values.count)
    }

    /// The decimal step the values were rounded to, or a billionth of the largest where they were not.
    private static func quantum(of values: [Double]) -> Double {
        let largest = values.reduce(0) { max($0, abs($1)) }
        for decimals in 0...6 {
            let factor = pow(10, Double(decimals))
            if values.allSatisfy({ abs($0 * factor - ($0 * factor).rounded()) <= 1e-9 * max(1, largest * factor) }) { return 1 / factor }
        }
        return largest * 1e-9
    }
}
