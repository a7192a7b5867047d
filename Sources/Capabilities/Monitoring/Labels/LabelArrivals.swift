// SPDX-License-Identifier: Apache-2.0

/// Which predictions of a cohort have labels, by age; memory is bounded.
package struct LabelArrivals: Equatable, Sendable {
    private struct Count: Equatable, Sendable {
        var rows = 0
        var labelled = 0
    }

    /// By place in `LabelDelayCurve.ages` of the greatest age reached; the first is for younger ones.
    private var counts = Array(repeating: Count(), count: LabelDelayCurve.ages.count + 1)

    package init() {}

    package mutating func add(age: Duration, isLabelled: Bool) {
        let place = LabelDelayCurve.ages.lastIndex { .seconds($0) <= age }.map { $0 + 1 } ?? 0
        counts[place].rows += 1
        if isLabelled { counts[place].labelled += 1 }
    }

    package var rows: Int { counts.reduce(0) { $0 + $1.rows } }
    package var labelled: Int { counts.reduce(0) { $0 + $1.labelled } }

    /// How the cohort stands to what is usual.
    ///
    /// - Parameters:
    ///   - curve: Of other cohorts, so that the cohort is not compared with itself.
    ///   - floor: The share of labels that counts as mature while nothing usual is known.
    package func standing(_ curve: LabelDelayCurve?, otherwise floor: Double) -> LabelStanding {
        let (rows, labelled) = (rows, labelled)
        let coverage = rows > 0 ? Double(labelled) / Double(rows) : 0
        guard let curve, let usual = curve.usual, let delay = curve.usualDelay else {
            return LabelStanding(
                maturity: rows > 0 && coverage >= floor ? .mature : .immature, coverage: coverage, usual: nil, expected: nil,
                waiting: rows - labelled, missing: 0)
        }
        var (expected, missing) = (0.0, 0)
        for (place, count) in counts.enumerated() where place > 0 {
            let age = Duration.seconds(LabelDelayCurve.ages[place - 1])
            expected += Double(count.rows) * curve.share(at: age) / usual
            // What has not come in twice the usual time is not waited for.
            if age >= delay * 2 { missing += count.rows - count.labelled }
        }
        if rows > 0 { expected /= Double(rows) }
        let target = LabelDelayCurve.maturity
        let isComplete = coverage >= target * usual || Double(labelled + missing) >= target * Double(rows)
        return LabelStanding(
            maturity: rows > 0 && isComplete ? .mature : expected >= target ? .late : .immature, coverage: coverage, usual: usual,
            expected: min(1, expected), waiting: rows - labelled - missing, missing: missing)
    }
}

/// Whether the labels of a cohort are in, as far as they come at all.
package struct LabelStanding: Codable, Equatable, Sendable {
    package enum Maturity: String, Codable, CaseIterable, Sendable {
        /// At least 95 % of the usual share is in, or what is not in is so old that it will not come.
        case mature
        /// Its labels are still to come; the early ones are not like the others.
        case immature
        /// They should be in by now, and are not.
        case late
    }

    package var maturity: Maturity
    /// Share of its predictions that have a label.
    package var coverage: Double
    /// The share that usually gets one; nil while that is not known.
    package var usual: Double?
    /// The share of the labels that come that should be in, by the ages of the predictions.
    package var expected: Double?
    /// Predictions whose label may still come.
    package var waiting: Int
    /// Those that are so old that none will.
    package var missing: Int
}
