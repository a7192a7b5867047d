// SPDX-License-Identifier: Apache-2.0

/// What a monitor takes for noise and what for news.
package struct MonitorThresholds: Codable, Equatable, Sendable {
    /// Expected share of false alarms among the drifts shown, over all tests of one evaluation (Benjamini and Hochberg).
    package var falseDiscoveryRate = 0.05
    /// Stability index less its noise floor, in nats, from which a significant change of a feature counts as drift.
    package var driftWarning = 0.1
    package var driftCritical = 0.25
    /// The same for the score. A score that moved this far calls for retraining even before labels are in.
    package var scoreDrift = 0.2
    /// Rows a window and a baseline need to be judged at all.
    package var minimumRows = 200
    /// Log loss, in nats, that a window may be worse than the baseline.
    package var logLossMargin = 0.03
    /// One-sided confidence that it is worse at all. A false alarm costs a training run, since a gate judges what comes of it; a missed
    /// one costs a month of bad answers.
    package var logLossConfidence = 0.9
    package var minimumLabels = 200
    /// Days with labels below which an interval over whole days says nothing.
    package var minimumDays = 5
    /// Share of answered rows that need a label, because early labels are not like late ones.
    package var labelCoverage = 0.8
    package var checksDataFaults = true
    /// Rise of the share of nulls, against the baseline and the previous window, from which an upstream break is suspected.
    package var nullRise = 0.2
    /// Share of values in categories never seen before from which a new encoding is suspected.
    package var unseenCategories = 0.5

    package init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func take<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        try take(.falseDiscoveryRate, &falseDiscoveryRate)
        try take(.driftWarning, &driftWarning)
        try take(.driftCritical, &driftCritical)
        try take(.scoreDrift, &scoreDrift)
        try take(.minimumRows, &minimumRows)
        try take(.logLossMargin, &logLossMargin)
        try take(.logLossConfidence, &logLossConfidence)
        try take(.minimumLabels, &minimumLabels)
        try take(.minimumDays, &minimumDays)
        try take(.labelCoverage, &labelCoverage)
        try take(.checksDataFaults, &checksDataFaults)
        try take(.nullRise, &nullRise)
        try take(.unseenCategories, &unseenCategories)
    }

    /// What is out of range; nil when nothing is.
    var fault: String? {
        guard falseDiscoveryRate > 0, falseDiscoveryRate < 0.5 else { return "'falseDiscoveryRate' is above 0 and below 0.5." }
        guard driftWarning > 0, driftCritical >= driftWarning, driftCritical.isFinite else {
            return "'driftWarning' is above 0, and 'driftCritical' is not below it."
        }
        guard scoreDrift > 0, scoreDrift.isFinite else { return "'scoreDrift' is above 0." }
        guard logLossMargin >= 0, logLossMargin.isFinite else { return "'logLossMargin' is not negative." }
        guard (0.5..<1).contains(logLossConfidence) else { return "'logLossConfidence' is at least 0.5 and below 1." }
        guard (20...100_000_000).contains(minimumRows), (20...100_000_000).contains(minimumLabels) else {
            return "'minimumRows' and 'minimumLabels' are at least 20."
        }
        guard (2...366).contains(minimumDays) else { return "'minimumDays' is 2 to 366." }
        for (name, share) in [("labelCoverage", labelCoverage), ("nullRise", nullRise), ("unseenCategories", unseenCategories)] {
            guard share > 0, share <= 1 else { return "'\(name)' is above 0 and at most 1." }
        }
        return nil
    }
}
