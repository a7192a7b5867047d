// SPDX-License-Identifier: Apache-2.0

/// What a gate judges by.
package struct GateEvidence: Sendable {
    /// Reported values by metric name.
    package var metrics: [String: Double]
    package var scores: PairedScores?
    /// The version of the same model whose scores stand beside the candidate's.
    package var scoredChampion: Int?
    /// Ids of the snapshots that the champion was scored on; nil when they are those of the candidate.
    package var championSnapshots: [String]?
    /// Ids of the held-out snapshots that the candidate was scored on.
    package var snapshots: [String] = []
    package var behaviour: BehaviourCases?
    /// Milliseconds that single requests took.
    package var latencies: [Double]?
    /// Of the version's files together; `Gates` asks the registry.
    package var artifactBytes: Int64?
    /// What is known of the snapshots, by the demand; `Gates` looks it up.
    package var data: [DataRule: [DataRule.Verdict]] = [:]
    /// The run that reported the metrics.
    package var runID: String?

    package init(metrics: [String: Double] = [:], scores: PairedScores? = nil, scoredChampion: Int? = nil, runID: String? = nil) {
        self.metrics = metrics
        self.scores = scores
        self.scoredChampion = scoredChampion
        self.runID = runID
    }

    enum Comparable {
        case scores(PairedScores)
        case refusal(CheckFinding.Result)
    }

    /// The scores, when they compare with this champion on the same rows.
    func comparable(with champion: Int) -> Comparable {
        guard let scores, let championScores = scores.champion else {
            return .refusal(
                .init(.failed, "Scores of the candidate and of champion version \(champion) on the same rows are missing."))
        }
        guard scoredChampion == champion else {
            let other = scoredChampion.map { "version \($0)" } ?? "an unnamed version"
            return .refusal(.init(.failed, "The scores compare with \(other), but the champion is version \(champion)."))
        }
        if let championSnapshots, Set(championSnapshots) != Set(snapshots) {
            return .refusal(
                .init(
                    .failed, "The champion was scored on another snapshot than the candidate; only the same rows compare.",
                    [
                        "snapshots": snapshots.sorted().joined(separator: " "),
                        "championSnapshots": championSnapshots.sorted().joined(separator: " "),
                    ]))
        }
        if let refusal = scores.faultOfCandidate { return .refusal(refusal) }
        let unusable = championScores.count { !(0...1).contains($0) }
        guard unusable == 0 else {
            return .refusal(.init(.inconclusive, "\(unusable) scores of the champion are missing, not numbers or outside 0…1."))
        }
        return .scores(scores)
    }
}

extension PairedScores {
    /// A score that is no probability is the model's own fault.
    var faultOfCandidate: CheckFinding.Result? {
        let invalid = candidate.count { !(0...1).contains($0) }
        guard invalid > 0 else { return nil }
        return .init(.failed, "\(invalid) scores of the candidate are missing, not numbers or outside 0…1.", ["invalid": String(invalid)])
    }
}
