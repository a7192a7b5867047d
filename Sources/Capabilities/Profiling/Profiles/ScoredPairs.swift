// SPDX-License-Identifier: Apache-2.0

import Foundation
package import Statistics

/// How scores met their labels, in memory that does not grow: errors of all pairs, and of those that are a probability with a class (0 or 1)
/// also the log loss and both classes' scores.
package struct ScoredPairs: Mergeable {
    package let score: String
    package let label: String
    package private(set) var absoluteErrors = Moments()
    package private(set) var squaredErrors = Moments()
    package private(set) var logLosses = Moments()
    package private(set) var positives = ValueHistogram()
    package private(set) var negatives = ValueHistogram()
    /// Rows without a score or a label.
    package private(set) var unpaired = 0

    /// As scikit-learn clips probabilities of 32-bit floats and coarser, so that one sure mistake stays finite.
    private static let smallest = 1e-15

    package init(score: String, label: String) {
        self.score = score
        self.label = label
    }

    package var count: Int { absoluteErrors.count }
    package var isClassification: Bool { count > 0 && logLosses.count == count }

    package mutating func add(score: Double?, label: Double?) {
        guard let score, let label, score.isFinite, label.isFinite else {
            unpaired += 1
            return
        }
        let error = score - label
        absoluteErrors.add(abs(error))
        squaredErrors.add(error * error)
        guard label == 0 || label == 1, (0...1).contains(score) else { return }
        logLosses.add(-log(max(label == 1 ? score : 1 - score, Self.smallest)))
        if label == 1 { positives.add(score) } else { negatives.add(score) }
    }

    package mutating func merge(_ other: ScoredPairs) -> Bool {
        guard score == other.score, label == other.label, positives.merge(other.positives), negatives.merge(other.negatives) else {
            return false
        }
        absoluteErrors.merge(other.absoluteErrors)
        squaredErrors.merge(other.squaredErrors)
        logLosses.merge(other.logLosses)
        unpaired += other.unpaired
        return true
    }

    /// The chance that a positive scores higher than a negative, ties counting half; nil without both classes. Buckets count as ties.
    package var rocArea: Double? {
        guard isClassification, positives.count > 0, negatives.count > 0 else { return nil }
        let shift = max(positives.shift, negatives.shift)
        let lower = negatives.buckets(atShift: shift)
        var place = 0
        var below = 0
        var area = 0.0
        for bucket in positives.buckets(atShift: shift) {
            while place < lower.count, lower[place].low < bucket.low {
                below += lower[place].count
                place += 1
            }
            let tied = place < lower.count && lower[place].low == bucket.low ? lower[place].count : 0
            area += Double(bucket.count) * (Double(below) + Double(tied) / 2)
        }
        return area / Double(positives.count) / Double(negatives.count)
    }
}
