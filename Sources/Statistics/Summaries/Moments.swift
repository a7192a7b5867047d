// SPDX-License-Identifier: Apache-2.0

/// Count, mean and spread of a stream of values, kept without the values.
///
/// Adding is O(1). Two parts merge in O(1) to what one pass over both would give, up to rounding
/// (Chan, Golub and LeVeque 1979), so windows can be summed from hours or from replicas.
package struct Moments: Codable, Equatable, Sendable {
    package private(set) var count = 0
    /// 0 while nothing was added.
    package private(set) var mean = 0.0
    private var sumOfSquaredDeviations = 0.0

    package init() {}

    package init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    /// Values must be finite.
    package mutating func add(_ value: Double) {
        count += 1
        let deviation = value - mean
        mean += deviation / Double(count)
        sumOfSquaredDeviations += deviation * (value - mean)
    }

    /// The same value so many times; must be finite.
    package mutating func add(_ value: Double, count times: Int) {
        let total = count + times
        let deviation = value - mean
        let share = Double(times) / Double(total)
        sumOfSquaredDeviations += deviation * deviation * Double(count) * share
        mean += deviation * share
        count = total
    }

    package mutating func merge(_ other: Moments) {
        guard other.count > 0 else { return }
        let total = count + other.count
        let deviation = other.mean - mean
        sumOfSquaredDeviations +=
            other.sumOfSquaredDeviations + deviation * deviation * Double(count) * (Double(other.count) / Double(total))
        mean += deviation * Double(other.count) / Double(total)
        count = total
    }

    /// Divides by n; nil without values.
    package var populationVariance: Double? {
        count > 0 ? sumOfSquaredDeviations / Double(count) : nil
    }

    /// Divides by n − 1; nil with fewer than two values.
    package var sampleVariance: Double? {
        count > 1 ? sumOfSquaredDeviations / Double(count - 1) : nil
    }

    package var populationDeviation: Double? { populationVariance?.squareRoot() }
    package var sampleDeviation: Double? { sampleVariance?.squareRoot() }
}
