// SPDX-License-Identifier: Apache-2.0

/// What a gate judges by.
package struct GateEvidence: Sendable {
    /// Reported values by metric name.
    package var metrics: [String: Double]
    package var scores: PairedScores?
    /// The version of the same model whose scores stand beside the candidate's.
    package var scoredChampion: Int?
    /// The run that reported the metrics.
    package var runID: String?

    package init(metrics: [String: Double] = [:], scores: PairedScores? = nil, scoredChampion: Int? = nil, runID: String? = nil) {
        self.metrics = metrics
        self.scores = scores
        self.scoredChampion = scoredChampion
        self.runID = runID
    }
}
