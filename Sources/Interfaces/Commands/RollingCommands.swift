// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client

extension ReleaseCommands {
    struct Roll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Release a version to several endpoints in waves; the next begins when every rollout of the one before was promoted.",
            discussion: "Each endpoint's release needs an approval of its own: --wave eu=APPROVAL,us=APPROVAL --wave asia=APPROVAL.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Argument var version: Int
        @Option(help: "Id of the passed gate report.") var report: String
        @Option(name: .customLong("wave"), help: "Endpoints with their approvals, as ENDPOINT=APPROVAL with commas; can be repeated.")
        var waves: [String]
        @Option(help: "How many seconds a wave stands before the next begins.") var bakeSeconds: Int?

        func run() async throws {
            let answer: RollingAnswer = try await options.client().post(
                path("rolling-releases"),
                StartRollingRequest(
                    model: model, version: version, gateReport: report, waves: try waves.map(Self.targets), bakeSeconds: bakeSeconds))
            if options.json { return try Output.json(answer) }
            print("Rolling release \(answer.id) is \(answer.state); see dhow release waves \(answer.id).")
        }

        private static func targets(_ wave: String) throws -> [RollingTargetBody] {
            try wave.split(separator: ",").map { target in
                let parts = target.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw ValidationError("--wave is ENDPOINT=APPROVAL, with commas between several.") }
                return RollingTargetBody(endpoint: parts[0], approval: parts[1])
            }
        }
    }

    struct Waves: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a rolling release wave by wave; without an id list them.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument(help: "Id of the rolling release.") var id: String?

        func run() async throws {
            let client = try options.client()
            guard let id else {
                let found = try await client.items(path("rolling-releases"), [:], limit: listing.limit, as: RollingAnswer.self)
                if options.json { return try Output.json(found) }
                return Output.table(
                    ["id", "started", "by", "version", "waves", "state", "reason"],
                    found.map { one in
                        [
                            one.id, Output.time(one.started), one.startedBy, "\(one.model) \(one.version)",
                            "\(one.begun) of \(one.waves.count)", one.state, one.reason ?? "-",
                        ]
                    })
            }
            let answer: RollingAnswer = try await client.get(path("rolling-releases", id))
            if options.json { return try Output.json(answer) }
            var rows: [[String]] = []
            for (number, wave) in answer.waves.enumerated() {
                for target in wave {
                    let rollout: RolloutAnswer? =
                        if let id = target.rollout { try await client.get(path("rollouts", id)) } else { nil }
                    rows.append([
                        "\(number + 1)", target.endpoint, rollout?.phase ?? "not begun", rollout.map { "\($0.percent) %" } ?? "-",
                        rollout?.outlook?.waitsFor ?? rollout?.reason ?? "-",
                    ])
                }
            }
            print(
                "\(answer.model) \(answer.version) is \(answer.state), wave \(answer.begun) of \(answer.waves.count)\(answer.reason.map { ": \($0)" } ?? "")"
            )
            Output.table(["wave", "endpoint", "phase", "percent", "waits for"], rows)
            if answer.state == "running" { print("STOP  dhow release stop-waves \(answer.id) --because \"…\"") }
        }
    }

    struct StopWaves: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stop-waves", abstract: "Begin no further wave; rollouts that have begun go on.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the rolling release.") var id: String
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws {
            let answer: RollingAnswer = try await options.client().post(
                path("rolling-releases", id, "stop"), StopRollingRequest(reason: reason.reason))
            if options.json { return try Output.json(answer) }
            print("Rolling release \(answer.id) is \(answer.state).")
        }
    }
}
