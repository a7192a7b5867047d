// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import Client
import Commands
import Domain
import Foundation
import LocalServer

/// `dhow ci …`
package struct CICommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ci", abstract: "Run a pipeline in a CI job.", subcommands: [Run.self])

    package init() {}

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a pipeline, and say by exit status and reports how it went.",
            discussion: """
                Exits with 0 when it passed, 1 when a gate or a test failed, 2 when it could not run, 3 when it waits for approval, 4 when \
                a policy refused. Without a server (--url, DHOW_URL, or one that runs on --data) it starts one of its own on --data and \
                ends it again; keep that folder between jobs, so that the champion and earlier results are there.
                """)

        @OptionGroup var options: ClientOptions
        @OptionGroup var parameters: ParameterOptions
        @Option(help: "A file to record as a snapshot and give to a parameter, as PARAMETER=FILE; may be repeated.")
        var snapshot: [String] = []
        @Option(help: "Folder for report.md, junit.xml, report.sarif, metrics.txt and report.json.") var reports = "dhow-reports"
        @Argument(help: "A folder with a pipeline and other documents, which are applied; or the name of a pipeline that the server has.")
        var pipeline: String

        func run() async throws {
            let result = await result()
            do {
                try ReportFolder(path: reports).write(result)
            } catch let problem as Problem {
                tell(result, "")
                // Without its reports a job that passed would look like one that was never looked at.
                Output.complain(problem)
                throw ExitCode(result.outcome == .passed ? CIOutcome.couldNotRun.rawValue : result.outcome.rawValue)
            }
            tell(result, "; the reports are in \(reports)")
            throw ExitCode(result.outcome.rawValue)
        }

        private func result() async -> CIResult {
            do {
                let snapshots = try Self.files(snapshot)
                if options.namesServer { return await run(with: try options.client(), snapshots).perform() }
                if let running = try? options.client(), (try? await running.bytes("/livez")) != nil {
                    return await run(with: running, snapshots).perform()
                }
                // None, or one that was killed and left its address.
                return try await withServer { await run(with: $0, snapshots).perform() }
            } catch {
                let problem = error as? Problem ?? Problem(.internal, "ci.unexpected", "Something unexpected went wrong.", why: "\(error)")
                var result = CIResult(outcome: CIOutcome(problem), pipeline: pipeline)
                result.problem = CIResult.ProblemText(problem)
                return result
            }
        }

        private func run(with client: DhowClient, _ snapshots: [String: String]) -> CIRun {
            let parameters = parameters
            let isQuiet = options.json
            return CIRun(
                client: client, pipeline: pipeline, snapshots: snapshots, parameters: { try await parameters.values(for: $0, $1) },
                say: { if !isQuiet { Output.progress($0.printable) } })
        }

        /// A server of this job alone.
        private func withServer(_ body: @escaping @Sendable (DhowClient) async -> CIResult) async throws -> CIResult {
            let folder = options.data
            let workspace = options.workspace
            return try await ServerChild.with(
                try ServerChild.thisProgram(), arguments: ["serve", "--data", folder, "--port", "0"],
                log: URL(filePath: folder).appending(path: "ci-server.log")
            ) { server in
                let token = try? String(contentsOfFile: folder + "/admin-token", encoding: .utf8)
                return await body(
                    try DhowClient(
                        url: server.address, token: token?.trimmingCharacters(in: .whitespacesAndNewlines), workspace: workspace))
            }
        }

        /// - Parameter place: Ends the last line, for people.
        private func tell(_ result: CIResult, _ place: String) {
            let environment = ProcessInfo.processInfo.environment
            if environment["GITHUB_ACTIONS"] == "true" { for line in GitHubAnnotations.lines(of: result) { print(line) } }
            if let file = environment["GITHUB_STEP_SUMMARY"], !file.isEmpty { ReportFolder.summarise(result, in: file) }
            if let problem = result.problem {
                FileHandle.standardError.write(Data("dhow: \(problem.what.printable)\n".utf8))
                for text in [problem.why, problem.fix].compactMap(\.self) {
                    FileHandle.standardError.write(Data("  \(text.printable)\n".utf8))
                }
            }
            if options.json { return (try? Output.json(result)) ?? () }
            for finding in result.findings.prefix(20) {
                let place = finding.file.map { "\($0)\(finding.line.map { ":\($0)" } ?? ""): " } ?? ""
                print("  \(place)\(finding.level): \(finding.rule): \(finding.message.split(separator: "\n").first ?? "")".withoutControls)
            }
            print("\(result.pipeline): \(result.outcome.word)\(place)".withoutControls)
        }

        private static func files(_ texts: [String]) throws(Problem) -> [String: String] {
            var files: [String: String] = [:]
            for text in texts {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw Problem(
                        .invalid, "ci.snapshot.malformed", "'\(text.printable)' is not PARAMETER=FILE.",
                        fix: "Write --snapshot data=rows.csv, for example.")
                }
                files[String(parts[0])] = String(parts[1])
            }
            return files
        }
    }
}
