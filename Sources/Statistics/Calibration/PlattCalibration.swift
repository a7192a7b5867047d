// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A sigmoid map from scores to probabilities: 1 / (1 + exp(slope · score + offset)).
///
/// Platt, "Probabilistic Outputs for Support Vector Machines", Advances in Large Margin Classifiers (1999), with its smoothed targets; fitted
/// by Newton's method as in Lin, Lin and Weng, "A Note on Platt's Probabilistic Outputs for Support Vector Machines", Machine Learning 68
/// (2007). Two parameters: good for few rows and for scores that are logits, too stiff for most others.
package struct PlattCalibration: Codable, Equatable, Sendable {
    /// Negative when a larger score means more likely positive.
    package let slope: Double
    package let offset: Double

    /// O(n) for each of about ten steps.
    ///
    /// - Returns: Nil unless there are rows of both classes, as many labels as scores, and all scores are finite.
    package init?(scores: [Double], labels: [Bool]) {
        let positives = Double(labels.count(where: \.self))
        let negatives = Double(labels.count) - positives
        guard scores.count == labels.count, positives > 0, negatives > 0, scores.allSatisfy(\.isFinite) else { return nil }
        let high = (positives + 1) / (positives + 2)
        let low = 1 / (negatives + 2)
        let targets = labels.map { $0 ? high : low }
        // Newton's method on scores of mean 0 and spread 1: scores of any unit then converge alike.
        guard let summary = SampleSummary(scores) else { return nil }
        let spread = summary.populationDeviation > 0 ? summary.populationDeviation : 1
        let inputs = scores.map { ($0 - summary.mean) / spread }
        var fit = Fit(slope: 0, offset: log((negatives + 1) / (positives + 1)))
        var loss = fit.loss(inputs, targets)
        for _ in 0..<100 {
            guard let step = fit.newtonStep(inputs, targets) else { break }
            var share = 1.0
            var next = fit.moved(by: step, share)
            var nextLoss = next.loss(inputs, targets)
            while nextLoss > loss, share > 1e-10 {
                share /= 2
                next = fit.moved(by: step, share)
                nextLoss = next.loss(inputs, targets)
            }
            guard nextLoss <= loss else { break }
            fit = next
            loss = nextLoss
            if abs(step.slope) + abs(step.offset) < 1e-13 { break }
        }
        slope = fit.slope / spread
        offset = fit.offset - fit.slope * summary.mean / spread
    }

    /// O(1), 0…1.
    package func probability(of score: Double) -> Double {
        Fit.probability(slope * score + offset)
    }
}

private struct Fit {
    var slope: Double
    var offset: Double

    /// Without overflow on either side.
    static func probability(_ exponent: Double) -> Double {
        exponent >= 0 ? exp(-exponent) / (1 + exp(-exponent)) : 1 / (1 + exp(exponent))
    }

    func moved(by step: Fit, _ share: Double) -> Fit {
        Fit(slope: slope + share * step.slope, offset: offset + share * step.offset)
    }

    func loss(_ inputs: [Double], _ targets: [Double]) -> Double {
        PairwiseSum.of(
            zip(inputs, targets).map { input, target in
                let exponent = slope * input + offset
                return exponent >= 0
                    ? target * exponent + log1p(exp(-exponent))
                    : (target - 1) * exponent + log1p(exp(exponent))
            })
    }

    /// Nil at the minimum, where there is no step to take.
    func newtonStep(_ inputs: [Double], _ targets: [Double]) -> Fit? {
        var (curve, mixed, flat) = (1e-12, 0.0, 1e-12)
        var (slopeGradient, offsetGradient) = (0.0, 0.0)
        for (input, target) in zip(inputs, targets) {
            let probability = Self.probability(slope * input + offset)
            let weight = probability * (1 - probability)
            curve += input * input * weight
            mixed += input * weight
            flat += weight
            slopeGradient += input * (target - probability)
            offsetGradient += target - probability
        }
        let determinant = curve * flat - mixed * mixed
        guard determinant > 0 else { return nil }
        return Fit(
            slope: -(flat * slopeGradient - mixed * offsetGradient) / determinant,
            offset: -(curve * offsetGradient - mixed * slopeGradient) / determinant)
    }
}
