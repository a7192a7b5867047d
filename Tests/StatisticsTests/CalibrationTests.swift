// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Calibration and performance without labels")
struct CalibrationTests {
    private let scores = [
        0.81, 0.81, 0.52, 0.29, 0.05, 0.38, 0.41, 0.05, 0.05, 1.0, 0.65, 0.23, 0.43, 0.97, 0.9, 0.84, 0.39, 0.49, 0.68, 0.06, 0.56, 0.27,
        0.88,
        0.06, 0.68, 0.87, 0.23, 0.9, 0.87, 0.02, 0.71, 0.0, 0.5, 0.44, 0.2, 0.32, 0.81, 0.32, 0.15, 0.7,
    ]
    private let labels = [
        1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1,
    ].map { $0 == 1 }

    @Test("isotonic calibration agrees with scikit-learn, with ties, between and beyond the scores it learnt from")
    func isotonic() throws {
        let calibration = try #require(IsotonicCalibration(scores: scores, labels: labels))
        let expected = [0.0, 0.0625, 0.0625, 0.0625, 0.6923076923076923, 0.6923076923076923, 0.6923076923076923, 1.0, 1.0]
        for (score, value) in zip([0, 0.05, 0.2, 0.33, 0.5, 0.505, 0.71, 0.93, 1], expected) {
            expectStatistic(calibration.probability(of: score), value, "\(score)")
        }
        #expect(calibration.scores == [0, 0.02, 0.05, 0.41, 0.43, 0.44, 0.49, 0.84, 0.87, 1])
        #expect(calibration.probability(of: -5) == 0 && calibration.probability(of: 5) == 1 && calibration.probability(of: .nan).isNaN)
        let restored = try JSONDecoder().decode(IsotonicCalibration.self, from: JSONEncoder().encode(calibration))
        #expect(restored == calibration)
        #expect(try #require(IsotonicCalibration(scores: [0.4], labels: [true])).probability(of: 0.9) == 1)
        #expect(IsotonicCalibration(scores: [], labels: []) == nil && IsotonicCalibration(scores: [.nan], labels: [true]) == nil)
    }

    @Test("Platt's sigmoid agrees with scikit-learn, and is the same whatever the unit of the scores")
    func platt() throws {
        let calibration = try #require(PlattCalibration(scores: scores, labels: labels))
        // sklearn.calibration._SigmoidCalibration().fit(scores, labels)
        expectStatistic(calibration.slope, -4.930551804895679, "slope", within: 1e-6)
        expectStatistic(calibration.offset, 2.708378170499233, "offset", within: 1e-6)
        let shifted = try #require(PlattCalibration(scores: scores.map { 1000 * $0 - 7e4 }, labels: labels))
        for score in [0, 0.3, 0.99] {
            expectStatistic(shifted.probability(of: 1000 * score - 7e4), calibration.probability(of: score), "\(score)", within: 1e-7)
        }
        #expect(calibration.probability(of: 1e9) == 1 && calibration.probability(of: -1e9) == 0)
        #expect(PlattCalibration(scores: [0.1, 0.2], labels: [true, true]) == nil && PlattCalibration(scores: [], labels: []) == nil)
    }

    @Test("estimates by hand: each row counts as positive with its probability")
    func estimates() throws {
        let performance = try #require(EstimatedPerformance(scores: [0.9, 0.6, 0.2], probabilities: [0.8, 0.5, 0.1]))
        expectStatistic(performance.confusion.truePositives, 1.3, "true positives")
        expectStatistic(performance[.precision], 1.3 / 2, "precision")
        expectStatistic(performance[.recall], 1.3 / 1.4, "recall")
        expectStatistic(performance[.specificity], 0.9 / 1.6, "specificity")
        expectStatistic(performance[.accuracy], 2.2 / 3, "accuracy")
        expectStatistic(performance.expectedPositiveRate, 1.4 / 3, "rate")
        // The curve runs through (0, 0), (0.2, 0.8), (0.7, 1.3), (1.6, 1.4).
        expectStatistic(performance[.rocAUC], (0.2 * 0.8 / 2 + 0.5 * 1.05 + 0.9 * 1.35) / (1.4 * 1.6), "area")
        #expect(EstimatedPerformance(scores: [], probabilities: []) == nil)
        #expect(EstimatedPerformance(scores: [0.5], probabilities: [1.1]) == nil)
        #expect(try #require(EstimatedPerformance(scores: [0.2], probabilities: [0.0])).rocAUC == nil)
    }

    @Test("bands hold the real metric of unchanged windows, whose labels the estimator does not see")
    func coverage() throws {
        let seed: UInt64 = 9
        var generator = SplitMix64(seed: seed)
        func rows(_ count: Int) -> (scores: [Double], labels: [Bool]) {
            let scores = (0..<count).map { _ in Double.random(in: 0...1, using: &generator) }
            return (scores, scores.map { Double.random(in: 0..<1, using: &generator) < $0 })
        }
        let reference = rows(4000)
        let estimator = try #require(CBPE(referenceScores: reference.scores, labels: reference.labels, windowSize: 500))
        let window = rows(20_000)
        for metric in ClassificationMetric.allCases {
            let estimates = try #require(estimator.estimates(of: metric, scores: window.scores)).compactMap(\.self)
            #expect(estimates.count == 40)
            let inside = estimates.enumerated().count { index, estimate in
                let part = index * 500..<(index + 1) * 500
                let real = ClassificationMetrics(scores: Array(window.scores[part]), labels: Array(window.labels[part]))?[metric]
                return real.map { estimate.lower <= $0 && $0 <= estimate.upper } ?? false
            }
            #expect(inside >= 38, "\(metric): \(inside) of 40, seed \(seed)")
        }
    }

    @Test("only scores that are poor probabilities need calibration")
    func need() throws {
        let seed: UInt64 = 10
        var generator = SplitMix64(seed: seed)
        let truth = (0..<3000).map { _ in Double.random(in: 0...1, using: &generator) }
        let labels = truth.map { Double.random(in: 0..<1, using: &generator) < $0 }
        #expect(CalibrationNeed.isNeeded(scores: truth.map { $0 * $0 * $0 }, labels: labels) == true)
        #expect(CalibrationNeed.isNeeded(scores: truth, labels: labels.map { _ in true }) == false)
        #expect(CalibrationNeed.isNeeded(scores: labels.map { $0 ? 0.9 : 0.2 }, labels: labels) == false)
        #expect(CalibrationNeed.isNeeded(scores: [0.7, 0.3, 0.6], labels: [false, true, false]) == nil)
        #expect(CalibrationNeed.isNeeded(scores: [], labels: []) == nil)
    }

    @Test("regression metrics of nothing, of one row and of a constant")
    func regression() throws {
        #expect(RegressionMetrics(predicted: [], actual: []) == nil && RegressionMetrics(predicted: [1], actual: []) == nil)
        #expect(RegressionMetrics(predicted: [.nan], actual: [1]) == nil)
        let one = try #require(RegressionMetrics(predicted: [3], actual: [2]))
        #expect(one.meanAbsoluteError == 1 && one.bias == 1 && one.determination == nil)
        #expect(try #require(RegressionMetrics(predicted: [1, 2], actual: [4, 4])).determination == nil)
    }

    @Test("the seasonal baseline knows nothing of phases without data, and has no unit when half the residuals are equal")
    func season() throws {
        let season = try #require(SeasonalRobustZ(values: [1, 2, 4, 9], phases: [0, 0, 1, 1], period: 3))
        #expect(season.phaseMedians == [1.5, 6.5, nil])
        #expect(season.z(of: 3, phase: 2) == nil && season.z(of: 3, phase: 7) == nil && season.z(of: .nan, phase: 0) == nil)
        // Residuals −0.5, 0.5, −2.5, 2.5: median 0, MAD 1.5.
        expectStatistic(season.z(of: 8, phase: 0), 6.5 / (1.4826 * 1.5), "z")
        let flat = try #require(SeasonalRobustZ(values: [5, 5, 5, 9], phases: [0, 0, 0, 0], period: 1))
        #expect(flat.z(of: 100, phase: 0) == nil && !flat.isUnusual(100, phase: 0))
        #expect(SeasonalRobustZ(values: [], phases: [], period: 24) == nil && SeasonalRobustZ(values: [1], phases: [3], period: 2) == nil)
    }
}
