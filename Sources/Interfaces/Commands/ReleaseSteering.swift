// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain

/// What is steered: an endpoint by name, which is what one knows at night, or a rollout or release by id.
struct ReleaseTarget: ParsableArguments {
    @OptionGroup var options: ClientOptions
    @Argument(help: "The endpoint (its latest rollout is meant), or the id of a rollout or release.") var target: String

    /// - Throws: `Problem` `.notFound` when it is none of them.
    func rollout(with client: DhowClient) async throws -> RolloutAnswer {
        let latest: Page<RolloutAnswer> = try await client.get(path("rollouts"), ["endpoint": target, "limit": "1"])
        var id = latest.items.first?.id
        if id == nil {
            do {
                let release: ReleaseAnswer = try await client.get(path("releases", target))
                id = release.rollout
            } catch let problem as Problem where problem.kind == .notFound {
                id = target
            }
        }
        return try await client.get(path("rollouts", id ?? target))
    }

    func send(_ verb: String, _ body: some Encodable) async throws {
        let client = try options.client()
        let id = try await rollout(with: client).id
        let _: RolloutAnswer = try await client.post(path("rollouts", id, verb), body)
        let answer: RolloutAnswer = try await client.get(path("rollouts", id))
        if options.json { return try Output.json(answer) }
        print(ReleaseStatus(answer, of: try await client.get(path("releases", answer.release))).text)
    }
}

extension ReleaseCommands {
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what is live, what the verdict knows, what happens next, and what to type to stop it.",
            discussion: "With --watch it exits with 0 when the candidate was promoted, with 10 when it was not.")

        @OptionGroup var target: ReleaseTarget
        @Flag(help: "Follow to the end, saying each change once.") var watch = false

        func run() async throws {
            let client = try target.options.client()
            var answer = try await target.rollout(with: client)
            if target.options.json, !watch { return try Output.json(answer) }
            let release: ReleaseAnswer = try await client.get(path("releases", answer.release))
            var last = ""
            while true {
                let status = ReleaseStatus(answer, of: release)
                if status.essence != last, !target.options.json { Output.progress((last.isEmpty ? "" : "\n") + status.text) }
                last = status.essence
                guard watch, answer.finished == nil else { break }
                try await Task.sleep(for: DhowClient.watchInterval)
                answer = try await client.watch(path("rollouts", answer.id))
            }
            guard watch else { return }
            if target.options.json { try Output.json(answer) }
            try answer.requirePromotion()
        }
    }

    struct Shift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go to a later step now, without waiting for evidence.")

        @OptionGroup var target: ReleaseTarget
        @Argument(help: "A later step of the plan, below 100.") var percent: Int
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("shift", ShiftRolloutRequest(percent: percent, reason: reason.reason)) }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hold a release where it is.")

        @OptionGroup var target: ReleaseTarget
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("pause", reason.body) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a paused release go on; its step begins anew.")

        @OptionGroup var target: ReleaseTarget
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("resume", ResumeRolloutRequest(reason: reason.reason)) }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give the candidate all traffic, unless the evidence speaks against it.")

        @OptionGroup var target: ReleaseTarget
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("promote", reason.body) }
    }

    struct Abort: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a release; the stable revision has all traffic again.")

        @OptionGroup var target: ReleaseTarget
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("abort", reason.body) }
    }

    struct RollBack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: "Give the stable revision all traffic at once, also after promotion.")

        @OptionGroup var target: ReleaseTarget
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("roll-back", reason.body) }
    }

    struct ApproveStep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say yes to a step that the plan asks people about.")

        @OptionGroup var target: ReleaseTarget
        @Argument(help: "The step's share.") var percent: Int
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("approve-step", StepApprovalRequest(percent: percent, reason: reason.reason)) }
    }

    struct RetractStep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take one's own yes to a step back; a step that has begun pauses.")

        @OptionGroup var target: ReleaseTarget
        @Argument(help: "The step's share.") var percent: Int
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("retract-step", StepApprovalRequest(percent: percent, reason: reason.reason)) }
    }

    struct Smoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how the smoke tests at a blue-green preview ended: passed, the switch follows; failed, the release ends.")

        @OptionGroup var target: ReleaseTarget
        @Flag(inversion: .prefixedNo, help: "Whether they passed.") var passed: Bool
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws { try await target.send("smoke", SmokeResultRequest(passed: passed, reason: reason.reason)) }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compute every transition of a release again from what it followed from, and compare with the ledger.",
            discussion: "Exits with 0 when all agrees, with 10 when something does not.")

        @OptionGroup var target: ReleaseTarget

        func run() async throws {
            let client = try target.options.client()
            let id = try await target.rollout(with: client).id
            let replay: RolloutReplayAnswer = try await client.get(path("rollouts", id, "replay"))
            if target.options.json {
                try Output.json(replay)
            } else {
                Output.table(
                    ["number", "time", "decision", "phase", "percent", "ledger entry", "agrees"],
                    replay.steps.map { step in
                        [
                            "\(step.number)", Output.time(step.time), step.decision, step.phase, "\(step.percent)", step.entry,
                            step.faults.isEmpty ? "yes" : "NO: " + step.faults.joined(separator: " "),
                        ]
                    })
                for fault in replay.faults { print("NO: \(fault)") }
                if replay.agrees { print("All \(replay.steps.count) transitions of rollout \(id) agree.") }
            }
            guard replay.agrees else {
                throw Problem(
                    .rejected, "delivery.rollout.replay", "Rollout \(id) is not what its records and the ledger say.",
                    why: "Something was changed in the database, or by another release of this program.",
                    fix: "Verify the ledger: dhow ledger verify.")
            }
        }
    }
}
