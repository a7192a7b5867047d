// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain
package import Foundation
import LocalServer

/// The main job: carries a model through its life on a year of flights, over the API of a server of its own.
///
/// Nothing here decides about the model. The demonstration sends data, requests and labels, gives the approvals a person would give on a
/// passed gate, and writes down what the server did.
package struct FlightsDemo: Sendable {
    static let model = "flights"
    static let endpoint = "flights"
    static let monitor = "flights"
    static let dataset = "flights"
    static let pipeline = "flights"
    static let drill = "flights-drill"
    static let trigger = "retrain"

    private let dataFile: URL
    private let pipelines: URL
    private let folder: URL

    /// - Parameters:
    ///   - pipelines: The folder with `pipeline.yaml` and `drill.yaml`.
    ///   - folder: Takes the server's data and the report; its `data` is made anew.
    package init(dataFile: URL, pipelines: URL, folder: URL) {
        self.dataFile = dataFile
        self.pipelines = pipelines
        self.folder = folder
    }

    package func run() async throws {
        let start = ContinuousClock.now
        let progress = ProgressLine()
        let table = try FlightTable(contentsOf: dataFile)
        progress.finish("\(table.rowCount) flights in \(table.months.count) months, from \(dataFile.path)")
        let data = folder.appending(path: "data")
        try? FileManager.default.removeItem(at: data)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)

        let program = try ServerChild.thisProgram()
        let (pipelines, folder) = (pipelines, folder)
        var report = try await ServerChild.with(
            program, arguments: ["serve", "--data", data.path, "--port", "0"], log: folder.appending(path: "server.log")
        ) { server in
            progress.finish("Server at \(server.address), its log in \(server.log.path)")
            let cast = try await Cast(server: server.address, data: data)
            var report = try await Story(cast: cast, table: table, pipelines: pipelines, folder: folder, progress: progress).tell()
            let time = server.processorTime
            report.seconds.dhowCPU = time.own
            report.seconds.trainingCPU = time.children
            return report
        }
        report.ledger = try await LedgerCheck(program: program, data: data).run()
        report.seconds.total = (ContinuousClock.now - start) / .seconds(1)
        report.seconds.driverCPU = ProcessorTime(ofProcess: getpid())?.own
        try report.write(to: folder)
        Epilogue(report: report, folder: folder, program: program, data: data).print()
    }
}
