// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite("Canary verdicts on simulated traffic")
struct CanarySimulationTests {
    private static let alpha = 0.05
    private static let runs = 2000
    private static let constant = CanarySimulation.steps([10], minutes: 60)
    private static let rising = CanarySimulation.steps([5, 10, 25, 50], minutes: 60)

    enum Weights: String, CaseIterable {
        case constant, rising
    }

    enum Trouble: String, CaseIterable {
        case none
        /// Three times as many bad answers of both for a quarter of an hour, while the share is high.
        case sharedIncident
        /// Labels come twenty minutes late, after the share has changed.
        case lateLabels
        case both
    }

    private static func simulation(_ weights: Weights, _ trouble: Trouble, ratio: Double = 1) -> CanarySimulation {
        let incident = CanaryScenario.SharedIncident(minutes: 40..<55, factor: 3)
        return CanarySimulation(
            CanaryScenario(
                requestsPerSecond: 5, badRate: 0.02, ratio: ratio,
                incident: trouble == .sharedIncident || trouble == .both ? incident : nil,
                labelDelayMinutes: trouble == .lateLabels || trouble == .both ? 20 : 0),
            weights: weights == .constant ? constant : rising)
    }

    @Test("a good canary is aborted in at most α of runs", arguments: Weights.allCases, Trouble.allCases)
    func goodCanaries(weights: Weights, trouble: Trouble) {
        let outcome = Self.simulation(weights, trouble).run(EvidenceRule(alpha: Self.alpha), runs: Self.runs, seed: 11)
        // If the true rate were exactly 0.05, Binomial(2000, 0.05) would exceed 149 with probability below 1e-6.
        #expect(outcome.abortMinutes.count <= 149, "\(outcome.abortedShare) of \(Self.runs)")
    }

    @Test("a bad canary is aborted, and how soon is known", arguments: [(3.0, 30), (5.0, 20)], Trouble.allCases)
    func badCanaries(bad: (ratio: Double, minute: Int), trouble: Trouble) throws {
        let outcome = Self.simulation(.rising, trouble, ratio: bad.ratio).run(EvidenceRule(alpha: Self.alpha), runs: 200, seed: 12)
        let median = try #require(outcome.medianMinute)
        print("ratio \(bad.ratio), \(trouble.rawValue): \(outcome.abortedShare) aborted, half of them by minute \(median)")
        #expect(outcome.abortedShare >= 0.9)
        let delay = trouble == .lateLabels || trouble == .both ? 20 : 0
        #expect(median <= bad.minute + delay)
    }

    @Test("answers of one entity counted one by one break the error rate; one event an entity keeps it")
    func clustered() {
        let scenario = CanaryScenario(requestsPerSecond: 10, badRate: 0.02, eventsPerEntity: 6)
        let simulation = CanarySimulation(scenario, weights: Self.rising)
        let entities = simulation.run(EvidenceRule(alpha: Self.alpha), runs: Self.runs, seed: 13)
        let answers = simulation.run(EvidenceRule(alpha: Self.alpha, counting: .answers), runs: Self.runs, seed: 13)
        #expect(entities.abortMinutes.count <= 149, "\(entities.abortedShare)")
        #expect(answers.abortedShare > 0.15, "\(answers.abortedShare)")
    }

    @Test("a fault of one segment is seen sooner when segments are looked at by themselves, at the same error rate")
    func segments() throws {
        var scenario = CanaryScenario(requestsPerSecond: 20, badRate: 0.02, ratio: 5, segmentShare: 0.05)
        let fault = CanarySimulation(scenario, weights: Self.rising)
        let whole = fault.run(EvidenceRule(alpha: Self.alpha), runs: 200, seed: 14)
        let split = fault.run(EvidenceRule(alpha: Self.alpha, segments: 2), runs: 200, seed: 14)
        #expect(split.abortedShare > 0.95 && split.abortedShare > whole.abortedShare, "\(split.abortedShare) and \(whole.abortedShare)")
        scenario.ratio = 1
        let good = CanarySimulation(scenario, weights: Self.rising)
            .run(EvidenceRule(alpha: Self.alpha, segments: 2), runs: Self.runs, seed: 15)
        #expect(good.abortMinutes.count <= 149, "\(good.abortedShare)")
    }

    @Test("the rules it is compared with do abort good canaries")
    func others() {
        let simulation = CanarySimulation(CanaryScenario(requestsPerSecond: 1, badRate: 0.02), weights: Self.rising)
        let argo = simulation.run(FixedThresholdRule(failures: 4), runs: 300, seed: 16)
        let peeked = simulation.run(ProportionRule(isRepeated: true), runs: 300, seed: 16)
        let once = simulation.run(ProportionRule(isRepeated: false), runs: 300, seed: 16)
        #expect(argo.abortedShare > 0.85 && peeked.abortedShare > 0.25 && once.abortedShare < 0.12)
        #expect(once.abortMinutes.allSatisfy { $0 == 60 })
    }

    @Test("the same seed gives the same outcome, another seed another")
    func deterministic() {
        let plan = RolloutSimulation(
            percents: [10, 50, 100], bakeMinutes: 10, minimumLabelled: 500, maximumMinutes: 240, alpha: 0.025, requiresShownNotWorse: false)
        let scenario = CanaryScenario(requestsPerSecond: 5, badRate: 0.02, ratio: 2)
        let first = plan.run(scenario, runs: 50, seed: 1)
        #expect(first == plan.run(scenario, runs: 50, seed: 1))
        #expect(first != plan.run(scenario, runs: 50, seed: 2))
    }

    @Test("a plan promotes a good candidate when its steps are over, and asks a person when evidence does not come")
    func plans() {
        var plan = RolloutSimulation(
            percents: [10, 50, 100], bakeMinutes: 10, minimumLabelled: 200, maximumMinutes: 120, alpha: 0.025, requiresShownNotWorse: false)
        let good = plan.run(CanaryScenario(requestsPerSecond: 5, badRate: 0.02), runs: 200, seed: 3)
        #expect(good.share(.promoted) > 0.95 && good.minute(.promoted, quantile: 0.5) == 20)
        let silent = plan.run(CanaryScenario(requestsPerSecond: 0, badRate: 0.02), runs: 20, seed: 3)
        #expect(silent.share(.inconclusive) == 1)
        let unlabelled = plan.run(CanaryScenario(requestsPerSecond: 5, badRate: 0.02, labelDelayMinutes: 500), runs: 20, seed: 3)
        #expect(unlabelled.share(.inconclusive) == 1, "Labels that never come decide nothing.")
        plan.requiresShownNotWorse = true
        let doubtful = plan.run(CanaryScenario(requestsPerSecond: 0.5, badRate: 0.001), runs: 50, seed: 3)
        #expect(doubtful.share(.promoted) < 0.2)
        let failing = plan.run(CanaryScenario(requestsPerSecond: 5, badRate: 1), runs: 200, seed: 4)
        #expect(failing.share(.aborted) < 0.1, "When both fail alike, nobody is worse.")
    }
}
