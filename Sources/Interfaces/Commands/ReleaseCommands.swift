// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow release …`
package struct ReleaseCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Put approved model versions into endpoints.",
        subcommands: [
            Create.self, Status.self, Shift.self, Pause.self, Resume.self, Promote.self, Abort.self, RollBack.self, ApproveStep.self,
            RetractStep.self,
            Smoke.self, Replay.self, Simulate.self, Roll.self, Waves.self, StopWaves.self, BreakGlass.self, EmergencyList.self,
            CloseEmergency.self, List.self, Show.self,
        ])

    package init() {}

    static func steps(_ percents: String) throws -> [Int] {
        try percents.split(separator: ",").map { part in
            guard let percent = Int(part) else { throw ValidationError("--percents are whole numbers with commas between them.") }
            return percent
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Release a version to an endpoint: its first takes all traffic, later ones roll out step by step.",
            discussion: "What is not said is as the plan of the endpoint's document, of its environment's, or the standard one.",
            aliases: ["start"])

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String
        @Argument var model: String
        @Argument var version: Int
        @Option(help: "Id of the passed gate report.") var report: String
        @Option(help: "Id of the approval.") var approval: String
        @Option(help: "canary, blue-green or shadow.") var strategy: String?
        @Option(help: "The candidate's share step by step, such as 10,50,100.") var percents: String?
        @Option(help: "The least seconds in each step.") var bakeSeconds: Int?
        @Option(help: "Predictions of the candidate needed in a step.") var minimumPredictions: Int?
        @Option(help: "Labelled predictions of each revision needed in a step.") var minimumLabelled: Int?
        @Option(help: "Probability that a candidate that is no worse is rolled back.") var alpha: Double?
        @Option(help: "Seconds without a decision after which the rollout pauses.") var maximumSeconds: Int?
        @Option(help: "The share of invalid predictions a candidate may have.") var invalidShare: Double?
        @Flag(help: "Promote only once the candidate is shown not to be worse.") var requireShownNotWorse = false
        @Option(help: "Requests that a shadow must have answered too.") var minimumPairs: Int?
        @Option(help: "How many seconds the replaced revision stays loaded.") var keepWarmSeconds: Int?
        @Option(help: "The unfinished rollout of the endpoint that this release ends.") var supersede: String?
        @Flag(help: "Follow its rollout to the end; exits 10 unless the version was promoted.") var watch = false

        func run() async throws {
            let plan = RolloutPlanBody(
                strategy: strategy, percents: try percents.map { try ReleaseCommands.steps($0) }, bakeSeconds: bakeSeconds,
                minimumPredictions: minimumPredictions, minimumLabelled: minimumLabelled, minimumPairs: minimumPairs, alpha: alpha,
                maximumSeconds: maximumSeconds, invalidShare: invalidShare, requiresShownNotWorse: requireShownNotWorse ? true : nil,
                keepWarmSeconds: keepWarmSeconds)
            let client = try options.client()
            let answer: ReleaseAnswer = try await client.post(
                path("releases"),
                CreateReleaseRequest(
                    endpoint: endpoint, model: model, version: version, gateReport: report, approval: approval, plan: plan,
                    supersededRollout: supersede))
            if !options.json {
                print("Release \(answer.id) is \(answer.state): revision \(answer.revision), rollout \(answer.rollout).")
            } else if !watch {
                try Output.json(answer)
            }
            if watch { try await client.follow(rollout: answer.rollout, json: options.json) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List releases, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Option(help: "Only of this endpoint.") var endpoint: String?

        func run() async throws {
            let releases = try await options.client().items(
                path("releases"), ["endpoint": endpoint], limit: listing.limit, as: ReleaseAnswer.self)
            if options.json { return try Output.json(releases) }
            Output.table(
                ["id", "created", "endpoint", "version", "revision", "state", "rollout"],
                releases.map {
                    [$0.id, Output.time($0.created), $0.endpoint, "\($0.model) \($0.version)", "\($0.revision)", $0.state, $0.rollout]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a release.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the release.") var release: String

        func run() async throws {
            let answer: ReleaseAnswer = try await options.client().get(path("releases", release))
            if options.json { return try Output.json(answer) }
            Output.table(
                ["what", "value"],
                [
                    ["state", answer.state], ["version", "\(answer.model) \(answer.version)"], ["endpoint", answer.endpoint],
                    ["revision", "\(answer.revision)"], ["rollout", answer.rollout], ["gate report", answer.gateReport],
                    ["approval", answer.approval], ["created", "\(Output.time(answer.created)) by \(answer.createdBy)"],
                    ["finished", Output.time(answer.finished)],
                ])
        }
    }
}
