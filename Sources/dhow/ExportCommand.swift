// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Client
import Commands
import Domain
import Foundation
import Moving

/// `dhow export`: everything a workspace tracks, or parts of it, in files that other programs can read.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write experiments, runs, artifacts and models into a folder of plain files.",
        discussion: """
            Without names, all of the workspace; with names, only these. An export that broke off goes on when it is started again.
            The files are described in docs/export-format.md; 'dhow import dhow' reads them.
            """)

    @OptionGroup var options: ClientOptions
    @Option(help: "An empty folder, or that of an export that broke off.") var to: String
    @Option(help: "Only this experiment with its runs and logged models; may be repeated.") var experiment: [String] = []
    @Option(help: "Only this registered model with its versions; may be repeated.") var model: [String] = []

    func run() async throws {
        let client = try options.client()
        let progress = TransferProgress(of: "export")
        let selection = ExportSelection(experiments: Set(experiment).sorted(), models: Set(model).sorted())
        let exporter = Exporter(
            of: selection, from: "\(client.url) \(options.workspace)", with: client, to: URL(filePath: to)
        ) { progress.tell($0) }
        let manifest = try await exporter.run()
        progress.end()
        if options.json { return try Output.json(manifest) }
        Output.table(
            ["kind", "count", "digest"],
            manifest.contents.sorted { $0.key < $1.key }.map { [$0.key, String($0.value.count), $0.value.digest] })
        print("\(manifest.files.count) files of lines; manifest.json has the SHA-256 of each.")
    }
}
