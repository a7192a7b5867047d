// SPDX-License-Identifier: Apache-2.0

extension GateSpecification {
    /// Judges each check; pure, and the same for the same input.
    ///
    /// - Parameter champion: The version that holds the place now; nil when there is none or it is the judged version itself.
    package func judge(_ evidence: GateEvidence, against champion: Int?) -> [CheckFinding] {
        checks.map { check in
            switch check.rule {
            case .threshold(let rule): rule.judge(evidence.metrics[rule.metric], check.name)
            case .champion(let rule): rule.judge(evidence, against: champion, check.name)
            }
        }
    }
}

extension ThresholdRule {
    func judge(_ metric: Double?, _ name: String) -> CheckFinding {
        let limit = "\(comparison.words) \(value)"
        guard let metric else {
            return CheckFinding(name: name, outcome: .failed, reason: "Metric '\(self.metric)' is missing; it must be \(limit).")
        }
        let evidence = ["value": String(metric), "limit": String(value)]
        guard metric.isFinite else {
            return CheckFinding(
                name: name, outcome: .failed, reason: "Metric '\(self.metric)' is \(metric), not a finite number.", evidence: evidence)
        }
        let holds = comparison.holds(metric, value)
        return CheckFinding(
            name: name, outcome: holds ? .passed : .failed,
            reason: "Metric '\(self.metric)' is \(metric); it must be \(limit).", evidence: evidence)
    }
}

extension ChampionRule {
    func judge(_ evidence: GateEvidence, against champion: Int?, _ name: String) -> CheckFinding {
        func finding(_ outcome: GateOutcome, _ reason: String, _ numbers: [String: String] = [:]) -> CheckFinding {
            CheckFinding(name: name, outcome: outcome, reason: reason, evidence: numbers)
        }
        guard let champion else { return finding(.passed, "There is no champion.") }
        guard let scores = evidence.scores, let championScores = scores.champion else {
            return finding(.failed, "Scores of the candidate and of champion version \(champion) on the same rows are missing.")
        }
        guard evidence.scoredChampion == champion else {
            let other = evidence.scoredChampion.map { "version \($0)" } ?? "an unnamed version"
            return finding(.failed, "The scores compare with \(other), but the champion is version \(champion).")
        }
        let invalid = scores.candidate.count { !(0...1).contains($0) }
        guard invalid == 0 else {
            return finding(
                .failed, "\(invalid) scores of the candidate are missing, not numbers or outside 0…1.", ["invalid": String(invalid)])
        }
        let unusable = championScores.count { !(0...1).contains($0) }
        guard unusable == 0 else {
            return finding(.inconclusive, "\(unusable) scores of the champion are missing, not numbers or outside 0…1.")
        }
        guard scores.rowCount >= minimumRows else {
            return finding(.inconclusive, "There are \(scores.rowCount) rows; the check needs \(minimumRows).")
        }
        guard let comparison = ScoreComparison(of: scores, metric: metric, confidence: confidence) else {
            return finding(
                .inconclusive, "The rows do not allow a comparison by \(metric.rawValue): too few groups, or a class is missing.")
        }
        let numbers = [
            "improvement": String(comparison.estimate), "lower": String(comparison.lower), "upper": String(comparison.upper),
            "minimumEffect": String(minimumEffect), "confidence": String(confidence), "rows": String(scores.rowCount),
            "groups": String(scores.groupCount),
        ]
        let (outcome, reason) = verdict(on: comparison)
        return finding(outcome, reason, numbers)
    }

    /// Passed: better than noise explains, and by at least the minimum effect. Failed: not better, or the minimum effect is out of reach.
    package func verdict(on comparison: ScoreComparison) -> (GateOutcome, String) {
        if comparison.estimate <= 0 {
            (.failed, "The candidate is not better than the champion in \(metric.rawValue).")
        } else if comparison.upper < minimumEffect {
            (.failed, "The whole interval of the improvement in \(metric.rawValue) lies below the minimum effect.")
        } else if comparison.lower > 0, comparison.estimate >= minimumEffect {
            (.passed, "The candidate is better than the champion in \(metric.rawValue).")
        } else if comparison.lower <= 0 {
            (.inconclusive, "The interval of the improvement in \(metric.rawValue) includes 0.")
        } else {
            (.inconclusive, "The improvement in \(metric.rawValue) is below the minimum effect, which the interval does not rule out.")
        }
    }
}
