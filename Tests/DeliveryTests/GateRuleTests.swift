// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Foundation
import Statistics
import Testing

@Suite struct GateRuleTests {
    /// Scores of a candidate that is better by far, in two carriers of 200 rows.
    private func scores(carriers: [String] = ["AA", "UA"], rows: Int = 400, worse: Set<String> = []) throws -> PairedScores {
        var generator = SplitMix64(seed: 41)
        var (labels, candidate, champion): ([Bool], [Double], [Double]) = ([], [], [])
        var names = ScoreColumn()
        for row in 0..<rows {
            let carrier = carriers[row % carriers.count]
            let label = Double.random(in: 0...1, using: &generator) < 0.4
            let good = (label ? 0.7 : 0.2) + Double.random(in: -0.1...0.1, using: &generator)
            let poor = 0.4 + Double.random(in: -0.1...0.1, using: &generator)
            labels.append(label)
            candidate.append(worse.contains(carrier) ? poor : good)
            champion.append(worse.contains(carrier) ? good : poor)
            names.append(carrier)
        }
        return try PairedScores(labels: labels, candidate: candidate, champion: champion, columns: ["carrier": names])
    }

    private func evidence(_ scores: PairedScores?) -> GateEvidence { GateEvidence(scores: scores, scoredChampion: 3) }

    @Test("every metric and method sees the better candidate, with numbers in the evidence")
    func methods() throws {
        for rule in [
            ChampionRule(metric: .logLoss), ChampionRule(metric: .brier), ChampionRule(metric: .auc), ChampionRule(metric: .accuracy),
            ChampionRule(metric: .auc, method: .delong), ChampionRule(metric: .accuracy, method: .mcnemar),
        ] {
            let better = rule.judge(evidence(try scores()), against: 3)
            #expect(better.outcome == .passed, "\(rule.metric) by \(rule.method)")
            #expect(better.evidence["method"] == rule.method.rawValue && better.evidence["champion"] == "3")
            #expect(better.evidence["candidateValue"] != nil && better.evidence["championValue"] != nil)
            let worse = rule.judge(evidence(try scores(worse: ["AA", "UA"])), against: 3)
            #expect(worse.outcome == .failed, "\(rule.metric) by \(rule.method)")
        }
        let bootstrap = try #require(ScoreComparison(of: try scores(), metric: .auc, confidence: 0.95))
        let delong = try #require(ScoreComparison(of: try scores(), metric: .auc, method: .delong, confidence: 0.95))
        #expect(abs(bootstrap.lower - delong.lower) < 0.01 && abs(bootstrap.upper - delong.upper) < 0.01)
    }

    @Test("a champion that was scored on another snapshot does not compare")
    func otherSnapshot() throws {
        var evidence = evidence(try scores())
        evidence.snapshots = ["june", "july"]
        evidence.championSnapshots = ["july", "june"]
        #expect(ChampionRule(metric: .brier).judge(evidence, against: 3).outcome == .passed)
        evidence.championSnapshots = ["may"]
        let finding = ChampionRule(metric: .brier).judge(evidence, against: 3)
        #expect(finding.outcome == .failed && finding.reason.contains("another snapshot"))
        #expect(finding.evidence["championSnapshots"] == "may")
        #expect(SegmentRule(column: "carrier", metric: .brier, margin: 0.1).judge(evidence, against: 3).outcome == .failed)
    }

    @Test("a gain overall does not hide a segment that loses")
    func segments() throws {
        let scores = try scores(carriers: ["AA", "AA", "AA", "UA"], rows: 800, worse: ["UA"])
        #expect(ChampionRule(metric: .brier).judge(evidence(scores), against: 3).outcome == .passed)
        let finding = SegmentRule(column: "carrier", metric: .brier, margin: 0.01).judge(evidence(scores), against: 3)
        #expect(finding.outcome == .failed && finding.reason.contains("'UA'") && !finding.reason.contains("'AA'"))
        #expect(finding.details?.map { $0["segment"] } == ["AA", "UA"])
        #expect(finding.details?.map { $0["outcome"] } == ["passed", "failed"])
        let floor = SegmentRule(column: "carrier", metric: .auc, comparison: .atLeast, value: 0.6)
        #expect(floor.judge(evidence(scores), against: nil).outcome == .failed)
        #expect(floor.judge(evidence(try self.scores()), against: nil).outcome == .passed)
    }

    @Test("an empty or small segment leaves the check inconclusive when it is named, and is passed over else")
    func emptySegment() throws {
        let scores = try scores()
        func outcome(_ rule: SegmentRule) -> GateOutcome { rule.judge(evidence(scores), against: 3).outcome }
        #expect(outcome(SegmentRule(column: "carrier", metric: .brier, margin: 0.1)) == .passed)
        #expect(outcome(SegmentRule(column: "carrier", metric: .brier, margin: 0.1, values: ["AA", "UA"])) == .passed)
        #expect(outcome(SegmentRule(column: "carrier", metric: .brier, margin: 0.1, values: ["AA", "DL"])) == .inconclusive)
        #expect(outcome(SegmentRule(column: "carrier", metric: .brier, margin: 0.1, minimumRows: 201)) == .inconclusive)
        #expect(outcome(SegmentRule(column: "origin", metric: .brier, margin: 0.1)) == .failed)
        #expect(SegmentRule(column: "carrier", metric: .brier, margin: 0.1).judge(evidence(scores), against: nil).outcome == .passed)
        let many = try self.scores(carriers: (0...200).map { "c\($0)" })
        #expect(SegmentRule(column: "carrier", metric: .brier, margin: 0.1).judge(evidence(many), against: 3).outcome == .inconclusive)
    }

    @Test("behaviour: scores stay, move the right way and answer plain cases, or do not")
    func behaviour() throws {
        var text = "case,score,original,label\n"
        for row in 0..<40 {
            text += "rename,0.5\(row),0.5\(row),\nwind,0.6,0.5,\nstorm,0.9,,1\n"
            text += "calm,\(row == 0 ? "" : "0.1"),,0\n"
        }
        var evidence = GateEvidence()
        func outcome(_ rule: some GateRule) -> GateOutcome { rule.judge(evidence, against: nil).outcome }
        #expect(outcome(InvarianceRule(cases: "rename", tolerance: 0)) == .failed, "Without the file nothing holds.")
        evidence.behaviour = try BehaviourCases(csv: Array(text.utf8))
        #expect(outcome(InvarianceRule(cases: "rename", tolerance: 0)) == .passed)
        #expect(outcome(InvarianceRule(cases: "wind", tolerance: 0.05)) == .failed)
        #expect(outcome(InvarianceRule(cases: "storm", tolerance: 1)) == .failed, "Without the original score nothing was kept.")
        #expect(outcome(DirectionalRule(cases: "wind", direction: .rises, byAtLeast: 0.05)) == .passed)
        #expect(outcome(DirectionalRule(cases: "wind", direction: .falls)) == .failed)
        #expect(outcome(FunctionalityRule(cases: "storm")) == .passed)
        #expect(outcome(FunctionalityRule(cases: "calm")) == .failed, "A score that is no number is no answer.")
        #expect(outcome(FunctionalityRule(cases: "calm", share: 0.975)) == .passed)
        #expect(outcome(InvarianceRule(cases: "rename", tolerance: 0, minimumCases: 41)) == .inconclusive)
        #expect(outcome(FunctionalityRule(cases: "absent")) == .inconclusive)
        for wrong in ["", "case,score\na,1\n", "case,score,label\na,x,1\n", "case,score,label\na,1,2\n", "case,score,label\na,1\n"] {
            #expect(throws: Problem.self) { try BehaviourCases(csv: Array(wrong.utf8)) }
        }
    }

    @Test("latency passes when enough requests show the quantile below the limit; size is the registry's")
    func resources() throws {
        var evidence = GateEvidence()
        func outcome(_ rule: some GateRule) -> GateOutcome { rule.judge(evidence, against: nil).outcome }
        #expect(outcome(LatencyRule(atMostMilliseconds: 20)) == .failed)
        #expect(outcome(SizeRule(atMostBytes: 10)) == .inconclusive)
        evidence.artifactBytes = 10
        #expect(outcome(SizeRule(atMostBytes: 10)) == .passed && outcome(SizeRule(atMostBytes: 9)) == .failed)
        evidence.latencies = try LatencyFile.milliseconds(
            csv: Array(("path,milliseconds\n" + (1...1000).map { "infer,\(Double($0) / 100)\n" }.joined()).utf8))
        #expect(outcome(LatencyRule(atMostMilliseconds: 20)) == .passed)
        #expect(outcome(LatencyRule(atMostMilliseconds: 9)) == .failed)
        #expect(outcome(LatencyRule(atMostMilliseconds: 9.91)) == .inconclusive, "The estimate is 9.9001, its bound 9.95 or more.")
        #expect(outcome(LatencyRule(atMostMilliseconds: 20, minimumRequests: 1001)) == .inconclusive)
        evidence.latencies = [.nan]
        #expect(outcome(LatencyRule(atMostMilliseconds: 20)) == .failed)
    }

    @Test("a condition holds, does not, or errs; an error never permits")
    func expressions() throws {
        var evidence = GateEvidence(metrics: ["auc": 0.8, "broken": .nan], scores: try scores(), scoredChampion: 3)
        evidence.artifactBytes = 100
        evidence.snapshots = ["june"]
        func outcome(_ text: String) -> GateOutcome { ExpressionRule(text).judge(evidence, against: 3).outcome }
        #expect(outcome("metrics.auc > 0.7 && rows == 400 && sizeBytes < 1000 && champion == 3 && 'june' in snapshots") == .passed)
        #expect(outcome("metrics.auc > 0.9") == .failed)
        #expect(outcome("metrics.absent < 1.0") == .failed)
        #expect(outcome("!(metrics.broken > 0.5)") == .failed, "What is no number is no value.")
        #expect(ExpressionRule("metrics.auc > 0.7").fault == nil)
        for wrong in ["", "metrics.auc", "accuracy > 0.5", "metrics.auc >", String(repeating: "1", count: 5000)] {
            #expect(ExpressionRule(wrong).fault != nil, "\(wrong)")
        }
    }

    @Test("metrics that Python writes as NaN are reported and are no numbers")
    func reportedMetrics() throws {
        let text = #"{"auc": NaN, "loss": 0.5, "top": -Infinity, "none": null}"#
        let metrics = try ReportedMetrics.read(json: Array(text.utf8))
        #expect(metrics["loss"] == 0.5 && metrics["auc"]?.isNaN == true && metrics["top"]?.isNaN == true && metrics["none"]?.isNaN == true)
        #expect(throws: DecodingError.self) { try ReportedMetrics.read(json: Array(#"{"auc": "good"}"#.utf8)) }
        let finding = World.gate.judge(GateEvidence(metrics: metrics), against: nil)[0]
        #expect(finding.outcome == .failed && finding.reason.contains("nan"))
    }

    @Test(
        "refuses a misspelt member, two kinds in one check and none",
        arguments: [
            #"{"name": "c", "champion": {"metric": "auc", "minimumEfect": 0.1}}"#, #"{"name": "c", "size": {"atMostBytes": 1, "x": 2}}"#,
            #"{"name": "c", "size": {"atMostBytes": 1}, "expression": "true"}"#, #"{"name": "c"}"#,
            #"{"name": "c", "expresion": "true"}"#, #"{"name": "c", "champion": {"metric": "f1"}}"#,
        ])
    func strictness(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(GateCheck.self, from: Data(text.utf8)) }
    }

    @Test("every kind of check is written as it is read")
    func coding() throws {
        let rules: [GateCheck.Rule] = [
            .threshold(ThresholdRule(metric: "auc", comparison: .atLeast, value: 0.7)),
            .champion(ChampionRule(metric: .auc, method: .delong, minimumEffect: 0.01)),
            .segments(SegmentRule(column: "carrier", metric: .brier, margin: 0.01, values: ["AA"])),
            .segments(SegmentRule(column: "carrier", metric: .auc, comparison: .atLeast, value: 0.6)),
            .invariance(InvarianceRule(cases: "rename", tolerance: 0.01)),
            .directional(DirectionalRule(cases: "wind", direction: .rises)), .functionality(FunctionalityRule(cases: "storm")),
            .latency(LatencyRule(atMostMilliseconds: 20)), .size(SizeRule(atMostBytes: 1000)), .expression(ExpressionRule("rows > 10")),
        ]
        let gate = GateSpecification(
            name: "all", checks: rules.enumerated().map { GateCheck(name: "c\($0.offset)", rule: $0.element) }, onInconclusive: .refuse)
        try gate.validate()
        #expect(try JSONDecoder().decode(GateSpecification.self, from: JSONEncoder().encode(gate)) == gate)
        #expect(gate.segmentColumns == ["carrier"])
    }

    @Test("refuses checks that cannot both pass, and rules that cannot be computed")
    func contradictions() throws {
        func check(_ name: String, _ rule: GateCheck.Rule) -> GateCheck { GateCheck(name: name, rule: rule) }
        func threshold(_ comparison: ThresholdRule.Comparison, _ value: Double, _ metric: String = "auc") -> GateCheck.Rule {
            .threshold(ThresholdRule(metric: metric, comparison: comparison, value: value))
        }
        func problem(_ one: GateCheck.Rule, _ other: GateCheck.Rule) -> String? {
            do throws(Problem) {
                try GateSpecification(name: "g", checks: [check("one", one), check("other", other)]).validate()
                return nil
            } catch {
                return error.code
            }
        }
        let contradiction = "delivery.gate.checks-contradict"
        #expect(problem(threshold(.atLeast, 0.8), threshold(.atMost, 0.7)) == contradiction)
        #expect(problem(threshold(.below, 0.8), threshold(.atLeast, 0.8)) == contradiction)
        #expect(problem(threshold(.atMost, 0.8), threshold(.atLeast, 0.8)) == nil)
        #expect(problem(threshold(.atLeast, 0.8), threshold(.atMost, 0.7, "brier")) == nil)
        #expect(
            problem(
                .directional(DirectionalRule(cases: "wind", direction: .rises, byAtLeast: 0.1)),
                .directional(DirectionalRule(cases: "wind", direction: .falls, byAtLeast: 0.1))) == contradiction)
        let faulty: [any GateRule] = [
            ChampionRule(metric: .brier, method: .delong), ChampionRule(metric: .auc, method: .mcnemar),
            ChampionRule(metric: .auc, method: .delong, groupedBy: "day"), SegmentRule(column: "c", metric: .auc),
            SegmentRule(column: "c", metric: .auc, margin: 0.1, comparison: .atLeast, value: 1),
            SegmentRule(column: "c", metric: .auc, comparison: .atLeast), SegmentRule(column: "c", metric: .auc, margin: .nan),
            SegmentRule(column: "c", metric: .auc, margin: 0, values: []), InvarianceRule(cases: "", tolerance: 0.1),
            InvarianceRule(cases: "c", tolerance: .nan), DirectionalRule(cases: "c", direction: .rises, share: 0),
            FunctionalityRule(cases: "c", minimumCases: 0), LatencyRule(quantile: 1, atMostMilliseconds: 1),
            LatencyRule(atMostMilliseconds: 0), SizeRule(atMostBytes: 0),
        ]
        for rule in faulty { #expect(rule.fault != nil, "\(rule)") }
    }
}
