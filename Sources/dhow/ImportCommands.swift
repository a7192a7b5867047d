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
        commandName: "import", abstract: "Bring over what another installation tracked.", subcommands: [MLflow.self])

    struct MLflow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "mlflow", abstract: "Bring over the experiments, runs and models of an MLflow database.",
            discussion: "An import that broke off goes on when it is started again; a repeated one adds what is new. See docs/moving.md.")

        @OptionGroup var options: ClientOptions
        @Option(help: "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME; only read.") var from: String
        @Option(help: "The server's artifact folder on this machine; without it files stay where they are.") var artifacts: String?
        @Option(help: "Put before the names of experiments and registered models.") var prefix = ""
        @Option(help: "Name of the source, the same whenever it is imported; its address without credentials by default.") var name: String?
        @Option(help: "Workspace of the source.") var sourceWorkspace = "default"

        func run() async throws {
            let database = try await opened()
            let root = artifacts.map { ArtifactRoot(URL(filePath: $0)) }
            let source = MLflowDatabaseSource(database, workspace: sourceWorkspace, prefix: prefix, artifacts: root)
            let importer = Importer(source, named: name ?? prefix + Self.address(from), to: try options.client()) { line in
                FileHandle.standardError.write(Data("import: \(line)\n".utf8))
            }
            let report = try await importer.run()
            await database.close()
            if options.json {
                try Output.json(report)
            } else {
                Output.table(
                    ["kind", "source", "here", "digest"],
                    report.kinds.map { line in
                        let verdict = line.isEqual ? "equal" : "differs"
                        return [line.kind, String(line.source), String(line.target), "\(verdict) \(line.sourceDigest.prefix(16))"]
                    })
            }
            guard report.isEqual else {
                throw Problem(
                    .rejected, "import.differs", "What is here differs from what was read from the source.",
                    why: "Something of the import was changed here, or its source changed while it was read.",
                    fix: "Look at the kinds that differ; import again when the source is at rest.")
            }
        }

        private func opened() async throws -> any Database {
            if from.hasPrefix("sqlite:///") { return try SQLiteReader(path: String(from.dropFirst("sqlite:///".count))) }
            if from.hasPrefix("postgres") {
                let scheme = from.prefix { $0 != ":" }
                return try await Storage.openDatabase("postgresql" + from.dropFirst(scheme.count))
            }
            throw Problem(
                .invalid, "import.source.unknown", "'\(from.printable)' is not a source that can be read.",
                fix: "Use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.")
        }

        private static func address(_ url: String) -> String {
            guard let at = url.lastIndex(of: "@"), let scheme = url.range(of: "://"), scheme.upperBound <= at else { return url }
            return String(url[..<scheme.upperBound] + url[url.index(after: at)...])
        }
    }
}
