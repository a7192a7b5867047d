// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Domain
import Foundation
import Statistics

extension ReleaseCommands {
    struct Simulate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a rollout plan on imagined traffic: how often it aborts a good candidate, how soon a bad one. Needs no server.",
            discussion: """
                Imagines a candidate as often as --runs says for each --ratio, how many times as many of its answers are bad. The same seed \
                gives the same numbers. Only the test of losses is simulated, with its part of alpha; what the plan's other tests and its guards may \
                add is said below the table.
                """)

        @Option(help: "A JSON file with members of a rollout plan; options of this command come before it.") var plan: String?
        @Option(help: "The candidate's share step by step, such as 10,50,100.") var percents: String?
        @Option(help: "The least seconds in each step.") var bakeSeconds: Int?
        @Option(help: "Labelled predictions of each revision needed in a step.") var minimumLabelled: Int?
        @Option(help: "Probability that a candidate that is no worse is rolled back.") var alpha: Double?
        @Option(help: "Seconds without a decision after which a person is asked.") var maximumSeconds: Int?
        @Flag(help: "Promote only once the candidate is shown not to be worse.") var requireShownNotWorse = false

        @Option(help: "Requests in a second.") var requestsPerSecond = 10.0
        @Option(help: "Share of the stable revision's answers that are bad.") var badRate = 0.02
        @Option(help: "How many times as often the candidate is bad, with commas.") var ratios = "1,1.3,2,5"
        @Option(help: "The share of traffic in which the candidate is bad.") var segmentShare = 1.0
        @Option(help: "Minutes until an answer is known to be bad.") var labelDelayMinutes = 0
        @Option(help: "Bad answers that one person gets together; each person counts once.") var answersPerPerson = 1
        @Option(help: "How many times as many bad answers both give during an incident.") var incidentFactor: Double?
        @Option(help: "Minute in which the incident begins; it lasts fifteen.") var incidentMinute = 30
        @Option(help: "How many rollouts are imagined for each ratio.") var runs = 2000
        @Option(help: "Seed of the random numbers.") var seed: UInt64 = 1
        @Flag(help: "Print JSON for programs instead of a table for people.") var json = false

        func validate() throws {
            guard requestsPerSecond >= 0, requestsPerSecond <= 1e6, (0...1).contains(badRate) else {
                throw ValidationError("--requests-per-second is 0 to 1000000, --bad-rate 0 to 1.")
            }
            guard segmentShare > 0, segmentShare <= 1, (0...100_000).contains(labelDelayMinutes), (1...1000).contains(answersPerPerson)
            else {
                throw ValidationError("--segment-share is above 0 and at most 1, --answers-per-person 1 to 1000.")
            }
            guard (1...100_000).contains(runs), incidentFactor.map({ $0 >= 0 && $0 <= 1000 }) ?? true, incidentMinute >= 0 else {
                throw ValidationError("--runs is 1 to 100000, --incident-factor 0 to 1000.")
            }
        }

        func run() async throws {
            let body = try planBody()
            let simulation = try simulation(body)
            let rows = try ratioList().map { ratio in
                let scenario = CanaryScenario(
                    requestsPerSecond: requestsPerSecond, badRate: badRate, ratio: ratio, segmentShare: segmentShare,
                    incident: incidentFactor.map { .init(minutes: incidentMinute..<incidentMinute + 15, factor: $0) },
                    labelDelayMinutes: labelDelayMinutes, eventsPerEntity: answersPerPerson)
                return Row(ratio, simulation.run(scenario, runs: runs, seed: seed))
            }
            if json { return try Output.json(rows) }
            print(
                "\(runs) rollouts each, seed \(seed): \(simulation.percents.map(String.init).joined(separator: " - ")) %, at least "
                    + "\(simulation.bakeMinutes) min and \(simulation.minimumLabelled) labelled answers a step, error rate \(simulation.alpha)."
            )
            Output.table(
                ["candidate", "aborted", "at most", "half by", "nine tenths by", "promoted", "half by", "undecided"],
                rows.map { row in
                    [
                        row.ratio == 1 ? "as good" : "\(row.ratio) x as bad", Self.percent(row.aborted), Self.percent(row.abortedBound),
                        Self.minute(row.abortMinuteMedian), Self.minute(row.abortMinuteNinth), Self.percent(row.promoted),
                        Self.minute(row.promotionMinuteMedian), Self.percent(row.inconclusive),
                    ]
                })
            print(Self.errorRates(of: body, alpha: alpha ?? body?.alpha ?? 0.05))
        }

        struct Row: Encodable {
            var ratio: Double
            var aborted: Double
            /// The largest abort rate that the runs do not speak against, one-sided at 95 %.
            var abortedBound: Double
            var abortMinuteMedian: Int?
            var abortMinuteNinth: Int?
            var promoted: Double
            var promotionMinuteMedian: Int?
            var inconclusive: Double

            init(_ ratio: Double, _ outcome: RolloutSimulation.Outcome) {
                self.ratio = ratio
                aborted = outcome.share(.aborted)
                abortedBound = outcome.abortRateBound
                abortMinuteMedian = outcome.minute(.aborted, quantile: 0.5)
                abortMinuteNinth = outcome.minute(.aborted, quantile: 0.9)
                promoted = outcome.share(.promoted)
                promotionMinuteMedian = outcome.minute(.promoted, quantile: 0.5)
                inconclusive = outcome.share(.inconclusive)
            }
        }

        /// The tests of a plan that can roll back with a stated error rate; α is split evenly among them.
        private static func tests(of body: RolloutPlanBody?) -> [String] {
            ["losses", "invalid predictions"]
                + [
                    ("the shadow's pairs", body?.strategy == "shadow"), ("segments", body?.segments != nil),
                    ("latency", body?.latency != nil),
                    ("refused inputs", body?.schemaViolations == true),
                ].filter(\.1).map(\.0)
        }

        /// Who may take which part of the error rate, and who makes no promise about it.
        private static func errorRates(of body: RolloutPlanBody?, alpha: Double) -> String {
            let tests = tests(of: body)
            var lines = [
                "Error rate: of candidates that are no worse at most \(percent(alpha)) are rolled back by these tests together, "
                    + "\(percent(alpha / Double(tests.count))) by each: \(tests.joined(separator: ", "))."
            ]
            let guards = (body?.guards ?? []).compactMap { $0["name"]?.text }
            if !guards.isEmpty {
                lines.append(
                    "Not in it: what guards outside roll back (\(guards.joined(separator: ", "))). They state no error rate, have no part of alpha, "
                        + "and what they take comes on top of it.")
            }
            let people = [("scoreShift", body?.scoreShift != nil), ("saturation", body?.saturation != nil)].filter(\.1).map(\.0)
            if !people.isEmpty { lines.append("Rolls nothing back, but asks a person: \(people.joined(separator: ", ")).") }
            return lines.joined(separator: "\n")
        }

        private func planBody() throws -> RolloutPlanBody? {
            try plan.map { file in
                do {
                    return try JSONDecoder().decode(RolloutPlanBody.self, from: Data(contentsOf: URL(filePath: file)))
                } catch {
                    throw Problem(
                        .invalid, "release.simulate.plan", "The plan '\(file.printable)' cannot be read.", why: "\(error)".printable,
                        fix: "Give a JSON file such as {\"percents\": [10, 50, 100], \"minimumLabelled\": 500}.")
                }
            }
        }

        private func simulation(_ body: RolloutPlanBody?) throws -> RolloutSimulation {
            let steps = try percents.map { try ReleaseCommands.steps($0) } ?? body?.percents ?? [10, 50, 100]
            let shares = steps.filter { $0 > 0 }
            let (rate, maximum) = (alpha ?? body?.alpha ?? 0.05, maximumSeconds ?? body?.maximumSeconds ?? 7 * 24 * 3600)
            let (labelled, bake) = (minimumLabelled ?? body?.minimumLabelled ?? 200, bakeSeconds ?? body?.bakeSeconds ?? 0)
            guard shares.count >= 2, shares.last == 100, zip(shares, shares.dropFirst()).allSatisfy({ $0 < $1 }),
                rate > 0, rate < 0.5, maximum >= 60, labelled >= 0, bake >= 0
            else {
                throw Problem(
                    .invalid, "release.simulate.plan", "The plan cannot be simulated.",
                    why: "It needs rising percents with at least one step before 100, an alpha above 0 and below 0.5, and a minute.")
            }
            return RolloutSimulation(
                percents: shares, bakeMinutes: (bake + 59) / 60, minimumLabelled: labelled, maximumMinutes: min(maximum / 60, 30 * 24 * 60),
                alpha: rate / Double(Self.tests(of: body).count),
                requiresShownNotWorse: requireShownNotWorse || body?.requiresShownNotWorse == true)
        }

        private func ratioList() throws -> [Double] {
            try ratios.split(separator: ",").map { part in
                guard let ratio = Double(part), ratio >= 0, ratio <= 1e6 else {
                    throw ValidationError("--ratios are numbers with commas between them.")
                }
                return ratio
            }
        }

        private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
        private static func minute(_ minute: Int?) -> String { minute.map { "minute \($0)" } ?? "-" }
    }
}
