// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow artifact …`
package struct ArtifactCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "artifact", abstract: "Move the files of runs and logged models.", subcommands: [List.self, Get.self, Put.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a folder of a run's or logged model's files.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument(help: "A run, or a logged model (m-…).") var owner: String
        @Argument(help: "A folder; the root when absent.") var folder = ""

        func run() async throws {
            let entries = try await options.client().items(
                path(artifacts(of: owner)), ["path": folder], limit: listing.limit, as: ArtifactEntryAnswer.self)
            if options.json { return try Output.json(entries) }
            Output.table(
                ["path", "bytes", "stored", "digest"],
                entries.map {
                    [$0.path + ($0.isFolder ? "/" : ""), $0.size.map { "\($0)" } ?? "-", Output.time($0.time), $0.digest ?? "-"]
                })
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a file of a run or logged model to the disk.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "A run, or a logged model (m-…).") var owner: String
        @Argument(help: "Path of the file.") var file: String
        @Option(help: "Where to write it; its own name in the current folder when absent.") var output: String?

        func run() async throws {
            // The name is one segment, so it cannot lead out of the folder.
            let target = URL(filePath: output ?? file.segments.last ?? file)
            let size = try await options.client().download(path(artifacts(of: owner) + file.segments), to: target)
            if options.json { return try Output.json(["file": target.path, "bytes": "\(size)"]) }
            print("\(target.path) has \(size) bytes.")
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Store a file with a run or logged model.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "A run, or a logged model (m-…).") var owner: String
        @Argument(help: "The file.") var file: String
        @Argument(help: "Path to store it under; its own name when absent.") var target: String?

        func run() async throws {
            let url = URL(filePath: file)
            let progress = UploadProgress(of: url.lastPathComponent)
            let answer: ArtifactEntryAnswer = try await options.client().upload(
                url, to: path(artifacts(of: owner) + (target ?? url.lastPathComponent).segments), progress: progress.tell)
            if options.json { return try Output.json(answer) }
            print("\(answer.path) has \(answer.size ?? 0) bytes, \(answer.digest ?? "-").")
        }
    }
}

private func artifacts(of owner: String) -> [String] { [owner.hasPrefix("m-") ? "logged-models" : "runs", owner, "artifacts"] }
