// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// Verifies the ledger offline, with a process of its own and no server running.
struct LedgerCheck: Sendable {
    let program: URL
    let data: URL

    func run() async throws -> DemoReport.LedgerSummary {
        let process = Process()
        process.executableURL = program
        process.arguments = ["ledger", "verify", "--data", data.path, "--json"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let report = try? JSONDecoder().decode(JSONValue.self, from: answer)
        let checkpoint = try? String(contentsOf: data.appending(path: "checkpoint"), encoding: .utf8)
        return DemoReport.LedgerSummary(
            entries: Int(report?["size"]?.integer ?? 0), verified: process.terminationStatus == 0, checkpoint: checkpoint)
    }
}
