// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain

/// `dhow retention …`
package struct RetentionCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Say how long things are kept, and remove what need not be.",
        subcommands: [Set.self, Show.self, Delete.self, Run.self])

    package init() {}

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set how long the workspace or an experiment keeps things.",
            discussion: "What no option names is kept for ever. An experiment's own policy replaces that of the workspace.")

        @OptionGroup var options: ClientOptions
        @Option(help: "Name of the experiment; all of the workspace when absent.") var experiment: String?
        @Option(help: "Purge runs, logged models and experiments this many days after they were deleted.") var deletedAfter: Int64?
        @Option(help: "Delete runs that nothing refers to this many days after they ended; they can be restored until purged.")
        var unreferredAfter: Int64?
        @Option(help: "Delete traces this many days after they began.") var tracesAfter: Int64?

        func run() async throws {
            let client = try options.client()
            let request = SetRetentionRequest(deletedDays: deletedAfter, unreferredDays: unreferredAfter, traceDays: tracesAfter)
            let answer: RetentionPolicyAnswer = try await client.put(try await client.policyPath(of: experiment), request)
            if options.json { return try Output.json(answer) }
            RetentionCommands.show([answer])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the policies, that of the workspace first.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page: Page<RetentionPolicyAnswer> = try await options.client().get("/api/v1/retention")
            if options.json { return try Output.json(page.items) }
            RetentionCommands.show(page.items)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a policy; from now on everything it was about is kept.")

        @OptionGroup var options: ClientOptions
        @Option(help: "Name of the experiment; all of the workspace when absent.") var experiment: String?

        func run() async throws {
            let client = try options.client()
            let answer: [String: String] = try await client.delete(try await client.policyPath(of: experiment))
            if options.json { return try Output.json(answer) }
            print("Deleted.")
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove what the policies say now, as the controller does every hour.",
            discussion: "Bytes of artifacts are freed by the collection that follows: dhow blob collect.")

        @OptionGroup var options: ClientOptions
        @Flag(help: "Only report what would go.") var dryRun = false

        func run() async throws {
            let answer: RetentionPassAnswer = try await options.client().post(
                "/api/v1/retention/passes", RetentionPassRequest(isDryRun: dryRun))
            if options.json { return try Output.json(answer) }
            guard !answer.lines.isEmpty else { return print("Nothing \(dryRun ? "would go" : "went").") }
            Output.table(
                [dryRun ? "would" : "did", "count", "files", "bytes", "first"],
                answer.lines.map { line in
                    [line.action, String(line.count), String(line.files), String(line.bytes), line.ids.prefix(3).joined(separator: " ")]
                })
        }
    }

    fileprivate static func show(_ policies: [RetentionPolicyAnswer]) {
        func days(_ days: Int64?) -> String { days.map { "after \($0) days" } ?? "never" }
        Output.table(
            ["experiment", "deleted things purged", "unreferred runs deleted", "traces deleted", "set by"],
            policies.map { policy in
                [
                    policy.experiment.map(String.init) ?? "(workspace)", days(policy.deletedDays), days(policy.unreferredDays),
                    days(policy.traceDays), policy.author,
                ]
            })
    }
}

extension DhowClient {
    /// - Throws: `Problem` `.notFound` for an experiment that is not there.
    fileprivate func policyPath(of experiment: String?) async throws -> String {
        guard let experiment else { return "/api/v1/retention/workspace" }
        let page: Page<ExperimentAnswer> = try await get("/api/v1/experiments", ["name": experiment])
        guard let id = page.items.first?.id else {
            throw Problem(.notFound, "tracking.experiment.unknown", "There is no experiment '\(experiment.printable)'.")
        }
        return "/api/v1/retention/experiments/\(id)"
    }
}
