// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics

/// Whether a model's errors grew: Welch's comparison of mean losses, from their moments.
struct PerformanceJudge {
    let settings: JudgeSettings

    /// Nil unless both sides have scores with labels.
    func report(_ baseline: ScoredPairs?, _ window: ScoredPairs?) -> PerformanceReport? {
        guard let baseline, let window, baseline.count > 0, window.count > 0 else { return nil }
        let isClassification = baseline.isClassification && window.isClassification
        let (before, after) =
            isClassification ? (baseline.logLosses, window.logLosses) : (baseline.absoluteErrors, window.absoluteErrors)
        let rise = after.mean - before.mean
        let (name, limit) =
            isClassification
            ? ("rise of the log loss", settings.lossRise) : ("rise of the mean absolute error", settings.errorRise * before.mean)
        var tests: [DriftTest] = []
        if let first = before.sampleVariance, let second = after.sampleVariance {
            let deviation = (first / Double(before.count) + second / Double(after.count)).squareRoot()
            // Only errors that grow are a fault; both directions stand in the numbers.
            let pValue = deviation > 0 ? erfc(rise / deviation / 2.0.squareRoot()) / 2 : rise > 0 ? 0 : 1
            tests.append(
                DriftTest(
                    .performance, "Welch, one-sided", statistic: deviation > 0 ? rise / deviation : nil, pValue: min(1, max(0, pValue)),
                    DriftTest.Effect(name, max(0, rise), noise: deviation * (1 / (2 * Double.pi)).squareRoot(), limit: limit),
                    rows: (before.count, after.count), minimum: settings.minimumRows,
                    "The \(isClassification ? "log loss" : "mean absolute error") went from \(number(before.mean)) to \(number(after.mean))."
                ))
        }
        return PerformanceReport(
            baseline: side(baseline, isClassification), window: side(window, isClassification), tests: tests)
    }

    private func side(_ pairs: ScoredPairs, _ isClassification: Bool) -> PerformanceReport.Side {
        PerformanceReport.Side(
            pairs: pairs.count, unpaired: pairs.unpaired, rocArea: isClassification ? pairs.rocArea : nil,
            logLoss: isClassification ? pairs.logLosses.mean : nil, brier: isClassification ? pairs.squaredErrors.mean : nil,
            meanAbsoluteError: isClassification ? nil : pairs.absoluteErrors.mean,
            rootMeanSquareError: isClassification ? nil : pairs.squaredErrors.mean.squareRoot())
    }
}
