// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow execution log …`
struct ExecutionLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "log", abstract: "Print what a step printed, as it printed it.")
    private static let piece = 1 << 20

    @OptionGroup var options: ClientOptions
    @Argument var execution: String
    @Argument(help: "The step; 'train[3]' is its run for the fourth element of its list.") var step: String
    @Option(help: "An attempt's number; else the last one.") var attempt: Int?
    @Flag(name: [.customShort("f"), .long], help: "Go on until the attempt has ended.") var follow = false

    func run() async throws {
        let client = try options.client()
        let number = try await number(client)
        var offset = 0
        while true {
            // Asked before reading: what is printed until the end is there when the end is.
            let hasEnded = try await isEnded(number, client)
            while true {
                let bytes = try await client.bytes(
                    path("executions", execution, "steps", step, "log"),
                    ["offset": "\(offset)", "limit": "\(Self.piece)", "attempt": "\(number)", "wait": follow && !hasEnded ? "10" : "0"])
                if bytes.isEmpty { break }
                try FileHandle.standardOutput.write(contentsOf: bytes)
                offset += bytes.count
            }
            if hasEnded || !follow { return }
        }
    }

    /// The attempt to read, waited for when following.
    private func number(_ client: DhowClient) async throws -> Int {
        if let attempt { return attempt }
        while true {
            let found = try await find(client)
            if let last = found.attempts.last { return last.number }
            if let runs = found.items?.values.reduce(0, +), runs > 0 {
                throw Problem(
                    .notFound, "client.log.runs", "Step '\(step.printable)' has \(runs) runs, each with an output of its own.",
                    fix: "dhow execution log \(execution) '\(found.name)[0]'")
            }
            if let earlier = found.reusedFrom {
                throw Problem(
                    .notFound, "client.log.reused", "Step '\(step.printable)' did not run: an earlier result was used again.",
                    fix: "dhow execution log \(earlier) \(found.name)")
            }
            guard follow, ["waiting", "ready", "running"].contains(found.state) else {
                throw Problem(.notFound, "client.log.none", "Step '\(step.printable)' has not run; it is \(found.state).", why: found.why)
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func isEnded(_ number: Int, _ client: DhowClient) async throws -> Bool {
        guard follow else { return true }
        return try await find(client).attempts.first { $0.number == number }?.ended != nil
    }

    private func find(_ client: DhowClient) async throws -> StepAnswer {
        try await client.get(path("executions", execution, "steps", step))
    }
}
