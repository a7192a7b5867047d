// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How the labels of an endpoint stand: how they usually arrive, which cohorts have them, and what never gets one.
package struct LabelReport: Codable, Equatable, Sendable {
    package var monitor: String
    package var endpoint: String
    package var asOf: Timestamp
    package var curve: LabelDelayCurve
    /// Oldest first.
    package var cohorts: [LabelCohort]
    package var gaps: LabelGaps?
    /// Labels that came in the last thirty days for predictions that are not in the log. They are kept.
    package var unknown: Int
}

/// The predictions about one span of time.
package struct LabelCohort: Codable, Equatable, Sendable {
    package var window: Window
    package var rows: Int
    package var labelled: Int
    package var standing: LabelStanding
    /// Share of positive labels, and mean log loss in nats; nil unless the cohort is mature, since it would be compared with others.
    package var positiveRate: Double?
    package var logLoss: Double?
}

/// Predictions of mature cohorts that never got a label, beside those that did.
package struct LabelGaps: Codable, Equatable, Sendable {
    package struct Difference: Codable, Equatable, Sendable {
        /// `score`, or a feature's name behind `feature/`.
        package var subject: String
        /// In plain words, what differs.
        package var statement: String
        /// That there is none, among all looked at (Benjamini and Hochberg).
        package var adjustedPValue: Double
    }

    package var missing: Int
    package var labelled: Int
    /// Those below 1 %, the surest first.
    package var differences: [Difference]

    /// Whether what has no label is like what has one, as far as can be seen.
    package var isAtRandom: Bool { differences.isEmpty }
}
