// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow rollout …`
package struct RolloutCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "See and steer how releases take over traffic.",
        subcommands: [
            List.self, Show.self, Watch.self, Shift.self, Promote.self, RollBack.self, Pause.self, Resume.self, Abort.self,
        ])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List rollouts, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Option(help: "Only of this endpoint.") var endpoint: String?

        func run() async throws {
            let rollouts = try await options.client().items(
                path("rollouts"), ["endpoint": endpoint], limit: listing.limit, as: RolloutAnswer.self)
            if options.json { return try Output.json(rollouts) }
            Output.table(
                ["id", "started", "endpoint", "candidate", "stable", "phase", "percent", "reason"],
                rollouts.map {
                    [
                        $0.id, Output.time($0.started), $0.endpoint, "\($0.candidate)", $0.stable.map { "\($0)" } ?? "-", $0.phase,
                        "\($0.percent)", $0.reason ?? "-",
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a rollout: where it stands and on what evidence.")

        @OptionGroup var rollout: RolloutArgument

        func run() async throws {
            let answer: RolloutAnswer = try await rollout.options.client().get(path("rollouts", rollout.id))
            if rollout.options.json { return try Output.json(answer) }
            var rows = [
                ["phase", answer.phase], ["endpoint", answer.endpoint], ["release", answer.release],
                ["candidate", "revision \(answer.candidate) at \(answer.percent) %"],
                ["stable", answer.stable.map { "revision \($0)" } ?? "-"],
                ["steps", (answer.plan.percents ?? []).map(String.init).joined(separator: ", ") + " %"],
                ["started", Output.time(answer.started)], ["pauses", Output.time(answer.deadline)],
                ["finished", Output.time(answer.finished)], ["reason", answer.reason ?? "-"],
            ]
            if let evidence = answer.evidence {
                rows += [
                    ["labelled", "candidate \(evidence.candidateLabelled), stable \(evidence.stableLabelled)"],
                    ["invalid", "\(evidence.candidateInvalid) of the candidate's \(evidence.candidatePredictions) predictions"],
                    ["breach", evidence.breach ?? "-"],
                ]
            }
            Output.table(["what", "value"], rows)
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow a rollout to its end.",
            discussion: "Exits with 0 when the candidate was promoted, with 10 when it was rolled back, aborted or superseded.")

        @OptionGroup var rollout: RolloutArgument

        func run() async throws {
            try await rollout.options.client().follow(rollout: rollout.id, json: rollout.options.json)
        }
    }

    struct Shift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go to a later step now, without waiting for evidence.")

        @OptionGroup var rollout: RolloutArgument
        @Argument(help: "A later step of the plan, below 100.") var percent: Int
        @OptionGroup var reason: ReasonOption

        func run() async throws {
            try await rollout.send("shift", ShiftRolloutRequest(percent: percent, reason: reason.reason))
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give the candidate all traffic, unless the evidence speaks against it.")

        @OptionGroup var rollout: RolloutArgument
        @OptionGroup var reason: ReasonOption

        func run() async throws { try await rollout.send("promote", reason.body) }
    }

    struct RollBack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: "Give the stable revision all traffic at once, also after promotion.")

        @OptionGroup var rollout: RolloutArgument
        @OptionGroup var reason: ReasonOption

        func run() async throws { try await rollout.send("roll-back", reason.body) }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hold a rollout where it is.")

        @OptionGroup var rollout: RolloutArgument
        @OptionGroup var reason: ReasonOption

        func run() async throws { try await rollout.send("pause", reason.body) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a paused rollout go on; its longest time begins anew.")

        @OptionGroup var rollout: RolloutArgument
        @OptionGroup var reason: ReasonOption

        func run() async throws { try await rollout.send("resume", ResumeRolloutRequest(reason: reason.reason)) }
    }

    struct Abort: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a rollout; the stable revision has all traffic again.")

        @OptionGroup var rollout: RolloutArgument
        @OptionGroup var reason: ReasonOption

        func run() async throws { try await rollout.send("abort", reason.body) }
    }

    struct RolloutArgument: ParsableArguments {
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the rollout.") var id: String

        func send(_ verb: String, _ body: some Encodable) async throws {
            let answer: RolloutAnswer = try await options.client().post(path("rollouts", id, verb), body)
            if options.json { return try Output.json(answer) }
            print("Rollout \(answer.id) is \(answer.phase); the candidate has \(answer.percent) % of the traffic.")
        }
    }

    struct ReasonOption: ParsableArguments {
        @Option(name: [.customLong("because"), .customLong("reason")], help: "Why, in a sentence; the ledger keeps it.") var reason: String

        var body: RolloutReasonRequest { RolloutReasonRequest(reason: reason) }
    }
}
