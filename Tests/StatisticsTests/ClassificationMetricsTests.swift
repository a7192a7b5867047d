// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Classification metrics")
struct ClassificationMetricsTests {
    @Test("equal scores count one half in the ROC area")
    func ties() throws {
        // Pairs of (positive, negative): 0.5/0.5 tie, 0.5/0.2 right, 0.5/0.5 tie, 0.5/0.2 right: 3 of 4.
        let metrics = try #require(ClassificationMetrics(scores: [0.5, 0.5, 0.5, 0.2], labels: [true, true, false, false]))
        #expect(metrics.rocAUC == 0.75)
        #expect(metrics.averagePrecision == 2.0 / 3)
        #expect(metrics.ksSeparation == 0.5)
    }

    @Test("calibration bins are closed on the right")
    func calibrationEdges() throws {
        // Scores of 0.3 belong to (0.2, 0.3] with the 0.25, not with the 0.35: (|0.55 − 1| + |0.35 − 0|) / 3.
        let metrics = try #require(ClassificationMetrics(scores: [0.3, 0.25, 0.35], labels: [true, false, false]))
        expectStatistic(metrics.expectedCalibrationError, (0.45 + 0.35) / 3, "ECE")
    }

    @Test("a confident mistake costs 52 bits, not infinity")
    func clipping() {
        expectStatistic(ClassificationMetrics.logLoss(score: 0, label: true), 52 * log(2.0), "log loss")
        expectStatistic(ClassificationMetrics.logLoss(score: 1, label: false), 52 * log(2.0), "log loss")
        #expect(ClassificationMetrics.logLoss(score: 0, label: false) < 1e-15)
    }

    @Test("undefined metrics are nil, and impossible input is refused")
    func undefined() throws {
        let onlyNegatives = try #require(ClassificationMetrics(scores: [0.1, 0.2], labels: [false, false]))
        #expect(onlyNegatives.rocAUC == nil && onlyNegatives.averagePrecision == nil && onlyNegatives.ksSeparation == nil)
        #expect(onlyNegatives.precision == nil && onlyNegatives.recall == nil && onlyNegatives.f1 == nil)
        #expect(onlyNegatives.accuracy == 1)
        #expect(ClassificationMetrics(scores: [], labels: []) == nil)
        #expect(ClassificationMetrics(scores: [0.5], labels: []) == nil)
        #expect(ClassificationMetrics(scores: [1.5], labels: [true]) == nil)
        #expect(ClassificationMetrics(scores: [.nan], labels: [true]) == nil)
    }
}
