// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Demo
import Foundation

/// `dhow demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Carry a model through its life on a year of real flights, with a server of its own.",
        discussion:
            "Needs what 'make setup' installs: Python with the packages of requirements/dev.txt first on the PATH, and ONNX Runtime.")

    @Option(help: "A file with the same columns as the flights; plain CSV or .gz.") var dataFile: String =
        "Examples/flights/data/flights.csv.gz"
    @Option(help: "Folder of the pipelines.") var pipelines: String = "Examples/flights"
    @Option(help: "Folder for the server's data and the report; its 'data' is made anew.") var folder: String = ".demo"

    func run() async throws {
        let demo = FlightsDemo(dataFile: URL(filePath: dataFile), pipelines: URL(filePath: pipelines), folder: URL(filePath: folder))
        try await demo.run()
    }
}
