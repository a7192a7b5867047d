// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain

extension VersionCommands {
    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register files of a run or logged model as a model's next version.",
            discussion: "What is stated about where the version came from cannot be changed later.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Argument(help: "A run, or a logged model (m-…).") var origin: String
        @Argument(help: "A file or folder of it; all of its files when absent.") var artifact: String?
        @Option(help: "A snapshot it was made from, an id or DATASET@N; may be repeated.") var snapshot: [String] = []
        @Option(help: "Commit of the code.") var commit: String?
        @Option(help: "Digest of the file that fixes its packages.") var environmentLock: String?
        @Option(help: "The feature service it asks for its inputs.") var featureService: String?
        @Option var description: String?
        @Option(help: "KEY=VALUE; may be repeated.") var tag: [String] = []

        func run() async throws {
            let client = try options.client()
            var snapshots: [String] = []
            for reference in snapshot { snapshots.append(try await client.snapshot(reference).id) }
            let isModel = origin.hasPrefix("m-")
            let answer: VersionAnswer<JSONValue> = try await client.post(
                path("models", model, "versions"),
                RegisterVersionRequest(
                    run: isModel ? nil : origin, loggedModel: isModel ? origin : nil, artifact: artifact, snapshots: snapshots,
                    codeCommit: commit, environmentLock: environmentLock, featureService: featureService, description: description,
                    tags: try tag.map { text throws(Problem) in try TagBody(parsing: text) }))
            if options.json { return try Output.json(answer) }
            print("Version \(answer.version) of \(answer.model) has \(answer.files.count) files.")
        }
    }
}
