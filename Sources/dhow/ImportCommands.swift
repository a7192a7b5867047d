// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Backends
import Commands
import Domain
import Foundation
import Moving
import SQLite

/// `dhow import …`: here because the database read from is opened by an adapter; all writing goes through the API.
struct ImportCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring over what another installation tracked.", subcommands: [MLflow.self, Export.self])

    struct MLflow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "mlflow", abstract: "Bring over the experiments, runs and models of an MLflow database or server.",
            discussion: "An import that broke off goes on when it is started again; a repeated one adds what is new. See docs/moving.md.")

        @OptionGroup var options: ClientOptions
        @Option(help: "sqlite:///FILE, postgresql://USER:PASSWORD@HOST/NAME or http(s)://HOST:PORT; only read.") var from: String
        @Option(help: "The server's artifact folder on this machine; without it files on its disk stay there.") var artifacts: String?
        @Option(help: "Put before the names of experiments and registered models.") var prefix = ""
        @Option(help: "Name of the source, the same whenever it is imported; its address without credentials by default.") var name: String?
        @Option(help: "Workspace of the source.") var sourceWorkspace = "default"

        func run() async throws {
            let root = artifacts.map { ArtifactRoot(URL(filePath: $0)) }
            let name = name ?? prefix + Self.address(from)
            let runner = ImportRunner(options: options)
            if from.hasPrefix("http://") || from.hasPrefix("https://") {
                let server = try MLflowServer(
                    url: from, environment: ProcessInfo.processInfo.environment, workspace: sourceWorkspace)
                return try await runner.run(try MLflowServerSource(server, prefix: prefix, root: root), named: name)
            }
            let database = try await opened()
            let source = MLflowDatabaseSource(database, workspace: sourceWorkspace, prefix: prefix, artifacts: root)
            try await runner.run(source, named: name)
            await database.close()
        }

        private func opened() async throws -> any Database {
            if from.hasPrefix("sqlite:///") { return try SQLiteReader(path: String(from.dropFirst("sqlite:///".count))) }
            if from.hasPrefix("postgres") {
                let scheme = from.prefix { $0 != ":" }
                return try await Storage.openDatabase("postgresql" + from.dropFirst(scheme.count))
            }
            throw Problem(
                .invalid, "import.source.unknown", "'\(from.printable)' is not a source that can be read.",
                fix: "Use sqlite:///FILE, postgresql://USER:PASSWORD@HOST/NAME or http(s)://HOST:PORT.")
        }

        private static func address(_ url: String) -> String {
            guard let at = url.lastIndex(of: "@"), let scheme = url.range(of: "://"), scheme.upperBound <= at else { return url }
            return String(url[..<scheme.upperBound] + url[url.index(after: at)...])
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dhow", abstract: "Bring over what 'dhow export' wrote.",
            discussion: "Every file is checked against its digest first. Started again, it goes on or adds what is new.")

        @OptionGroup var options: ClientOptions
        @Option(help: "The folder of a finished export.") var from: String
        @Option(help: "Put before the names of experiments and registered models.") var prefix = ""
        @Option(help: "Name of the source, the same whenever it is imported; where it was exported from by default.") var name: String?

        func run() async throws {
            let source = try ExportSource(URL(filePath: from), prefix: prefix)
            try await ImportRunner(options: options).run(source, named: name ?? prefix + source.manifest.sourceName)
        }
    }
}
