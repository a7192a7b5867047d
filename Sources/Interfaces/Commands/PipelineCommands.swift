// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow pipeline …`
package struct PipelineCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pipeline", abstract: "Bring pipelines to the server and see them.",
        subcommands: [Apply.self, List.self, Show.self])

    package init() {}

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a folder with its pipeline; the same again is the same version.",
            discussion: "Hidden and generated files stay behind. Inside a git repository the commit is noted with the version.")

        @OptionGroup var options: ClientOptions
        @Argument var folder: String
        @Option(help: "The document's name in the folder.") var file = "pipeline.yaml"

        func run() async throws {
            let client = try options.client()
            let upload = try PipelineUpload(folder: URL(filePath: folder, directoryHint: .isDirectory), document: file)
            let answer = try await upload.apply(with: client)
            if options.json { return try Output.json(answer) }
            let commit = answer.codeCommit.map { ", commit \($0)" } ?? ""
            print("Pipeline \(answer.pipeline) is at version \(answer.version), \(answer.content?.sources.count ?? 0) files\(commit).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the pipelines with their newest versions.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page: Page<PipelineAnswer> = try await options.client().get("/api/v1/pipelines")
            if options.json { return try Output.json(page.items) }
            Output.table(
                ["pipeline", "version", "applied", "author", "commit"],
                page.items.map { [$0.pipeline, "\($0.version)", Output.time($0.created), $0.author, $0.codeCommit ?? "-"] })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a pipeline: its parameters and steps.")

        @OptionGroup var options: ClientOptions
        @Argument var pipeline: String
        @Option(help: "A version; else the newest.") var version: Int?
        @Flag(help: "Print the document as it was applied.") var document = false

        func run() async throws {
            let answer: PipelineAnswer = try await options.client().get(path("pipelines", pipeline), ["version": version.map { "\($0)" }])
            if options.json { return try Output.json(answer) }
            let content = answer.content ?? PipelineContent(document: "", sources: [:], parameters: [], steps: [])
            if document { return print(content.document) }
            Output.table(
                ["what", "value"],
                [
                    ["pipeline", "\(answer.pipeline), version \(answer.version)"],
                    ["applied", "\(Output.time(answer.created)) by \(answer.author)"], ["commit", answer.codeCommit ?? "-"],
                    ["files", "\(content.sources.count)"], ["digest", answer.digest],
                ])
            if !content.parameters.isEmpty {
                print()
                Output.table(
                    ["parameter", "type", "default"],
                    try content.parameters.map { [$0.name, $0.type, try $0.defaultValue.map { try Output.line($0) } ?? "(must be given)"] })
            }
            print()
            Output.table(
                ["step", "kind", "needs"],
                content.steps.map { [$0.name, $0.kind, $0.needs.isEmpty ? "-" : $0.needs.joined(separator: ", ")] })
        }
    }
}
