// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain
import Foundation

extension EndpointCommands {
    struct Settings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show how an endpoint answers; what is absent has its standard.")

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String

        func run() async throws {
            let settings: JSONValue = try await options.client().get("/api/v1/endpoints/\(endpoint)/settings")
            try Output.json(settings)
        }
    }

    struct Configure: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace an endpoint's settings.",
            discussion: "The file is a JSON object; docs/serving.md lists the settings. What it leaves out has its standard again.")

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String
        @Option(help: "JSON file.") var file: String

        func run() async throws {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw Problem(.invalid, "client.file.unreadable", "'\(file.printable)' cannot be read.")
            }
            guard let given = try? JSONDecoder().decode(JSONValue.self, from: data), case .object = given else {
                throw Problem(.invalid, "client.settings.malformed", "'\(file.printable)' is not a JSON object.")
            }
            let settings: JSONValue = try await options.client().put("/api/v1/endpoints/\(endpoint)/settings", given)
            try Output.json(settings)
        }
    }

    struct Mirror: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how the version that an endpoint mirrors to compares with what its clients got.")

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String

        func run() async throws {
            let answer: MirrorAnswer = try await options.client().get("/api/v1/endpoints/\(endpoint)/mirror")
            if options.json { return try Output.json(answer) }
            func text(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "-" }
            Output.table(
                ["mirrored to", "percent", "rows", "failed", "paired", "mean difference", "mean absolute difference", "flipped"],
                [
                    [
                        "\(answer.model) \(answer.version)", "\(answer.percent)", "\(answer.rows)", "\(answer.failed)", "\(answer.paired)",
                        text(answer.meanDifference), text(answer.meanAbsoluteDifference), "\(answer.flipped)",
                    ]
                ])
        }
    }
}
