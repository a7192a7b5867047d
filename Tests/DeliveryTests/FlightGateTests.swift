// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Foundation
import Testing

/// The demonstration's gate on the scores of Tests/Golden/gates; the README there says how they were made.
@Suite struct FlightGateTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/gates")

    private struct Month: Decodable {
        let rows: Int
        let candidate: [String: Double]
        let champion: [String: Double]
    }

    /// As in `Examples/flights/pipeline.yaml`.
    private static let gate = GateSpecification(
        name: "flights",
        checks: [
            GateCheck(
                name: "skill", rule: .threshold(ThresholdRule(metric: "normalized_log_loss", comparison: .below, value: 1))),
            GateCheck(
                name: "beats-champion",
                rule: .champion(ChampionRule(metric: .logLoss, minimumEffect: 0.002, confidence: 0.9, groupedBy: "day"))),
        ])

    private func month(_ month: String) throws -> Month {
        let data = try Data(contentsOf: Self.folder.appending(path: "summary.json"))
        return try #require(try JSONDecoder().decode([String: Month].self, from: data)[month])
    }

    private func evidence(_ name: String) throws -> GateEvidence {
        var parser = PairedScoresParser(groupColumn: "day")
        let bytes = try Data(contentsOf: Self.folder.appending(path: (name.count == 1 ? "0" : "") + name + ".csv"))
        try parser.feed(bytes)
        return GateEvidence(metrics: try month(name).candidate, scores: try parser.finish(), scoredChampion: 1)
    }

    @Test("refuses the retrained models of October to December", arguments: ["10", "11", "12"])
    func autumn(month: String) throws {
        let findings = Self.gate.judge(try evidence(month), against: 1)
        #expect(GateOutcome(of: findings.map(\.outcome)) == .failed, "\(findings)")
        let comparison = findings[1].evidence
        let (candidate, champion) = (try self.month(month).candidate, try self.month(month).champion)
        let gain = try #require(champion["log_loss"]) - #require(candidate["log_loss"])
        #expect(abs(try #require(comparison["improvement"].flatMap(Double.init)) - gain) < 1e-9, "The evidence is scikit-learn's number.")
        let reasons = Dictionary(uniqueKeysWithValues: findings.map { ($0.name, $0.outcome) })
        switch month {
        // October's interval includes 0, and the model says less than the month's late rate alone.
        case "10": #expect(reasons == ["skill": .failed, "beats-champion": .inconclusive])
        case "11": #expect(reasons == ["skill": .passed, "beats-champion": .failed])
        // December's beats an even worse champion and still has no skill.
        default: #expect(reasons == ["skill": .failed, "beats-champion": .passed])
        }
    }

    @Test("September ranks better and forecasts worse: a gate has to name its metric")
    func september() throws {
        let evidence = try evidence("9")
        func judge(_ metric: ScoreMetric) throws -> (outcome: GateOutcome, improvement: Double) {
            let finding = ChampionRule(metric: metric, confidence: 0.9, groupedBy: "day").judge(evidence, against: 1)
            return (finding.outcome, try #require(finding.evidence["improvement"].flatMap(Double.init)))
        }
        let (ranking, forecast) = (try judge(.auc), try judge(.logLoss))
        #expect(ranking.improvement > 0 && ranking.outcome != .failed)
        #expect(forecast.improvement < 0 && forecast.outcome == .failed)
        let month = try month("9")
        #expect(abs(ranking.improvement - (month.candidate["auc"] ?? 0) + (month.champion["auc"] ?? 0)) < 1e-9)
        #expect(abs(forecast.improvement - (month.champion["log_loss"] ?? 0) + (month.candidate["log_loss"] ?? 0)) < 1e-9)
    }
}
