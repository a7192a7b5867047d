// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The tolerances of the vectors: 1e-9 for statistics, 1e-6 for p-values, relative; p-values below 1e-300 may be 0.
func expectStatistic(
    _ actual: Double?, _ expected: Double, _ what: String, within tolerance: Double = 1e-9, at location: SourceLocation = #_sourceLocation
) {
    guard let actual else {
        Issue.record("\(what): nil instead of \(expected)", sourceLocation: location)
        return
    }
    let isClose = abs(actual - expected) <= max(tolerance * abs(expected), 1e-300)
    #expect(
        isClose || abs(actual - expected) < 1e-14 && tolerance < 1e-8, "\(what): \(actual), expected \(expected)", sourceLocation: location)
}

func expectPValue(_ actual: Double?, _ expected: Double, _ what: String, at location: SourceLocation = #_sourceLocation) {
    expectStatistic(actual, expected, what, within: 1e-6, at: location)
}
