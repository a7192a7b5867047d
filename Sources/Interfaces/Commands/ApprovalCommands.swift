// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow approval …`
package struct ApprovalCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "approval", abstract: "Ask for, see and decide approvals of releases.",
        subcommands: [List.self, Show.self, Request.self, Approve.self, Reject.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List approvals, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Flag(help: "Only those that wait for a decision.") var pending = false
        @Option(help: "Only for this endpoint.") var endpoint: String?

        func run() async throws {
            let approvals = try await options.client().items(
                path("approvals"), ["state": pending ? "pending" : nil, "endpoint": endpoint], limit: listing.limit, as: ApprovalAnswer.self
            )
            if options.json { return try Output.json(approvals) }
            Output.table(
                ["id", "state", "endpoint", "version", "requested", "by", "decided by"],
                approvals.map {
                    [
                        $0.id, $0.state, $0.endpoint, "\($0.model) \($0.version)", Output.time($0.requested), $0.requestedBy,
                        $0.decidedBy ?? "-",
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an approval.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the approval.") var approval: String

        func run() async throws {
            let answer: ApprovalAnswer = try await options.client().get(path("approvals", approval))
            if options.json { return try Output.json(answer) }
            Output.table(
                ["what", "value"],
                [
                    ["state", answer.state], ["release", "\(answer.model) \(answer.version) on \(answer.endpoint)"],
                    ["gate report", "\(answer.gateReport) (\(answer.gateReportDigest))"],
                    ["requested", "\(Output.time(answer.requested)) by \(answer.requestedBy)"], ["expires", Output.time(answer.expires)],
                    ["decided", "\(Output.time(answer.decided)) by \(answer.decidedBy ?? "-")"], ["comment", answer.comment ?? "-"],
                ])
        }
    }

    struct Request: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ask for the approval of a release that rests on a passed gate report.")

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String
        @Argument var model: String
        @Argument var version: Int
        @Option(help: "Id of the passed gate report.") var report: String
        @Option(help: "Days for deciding and releasing, at most 90.") var days = 7

        func run() async throws {
            let answer: ApprovalAnswer = try await options.client().post(
                path("approvals"),
                RequestApprovalRequest(
                    endpoint: endpoint, model: model, version: version, gateReport: report, lifetimeSeconds: Int64(days) * 86_400))
            if options.json { try Output.json(answer) } else { print("Approval \(answer.id) waits for a decision.") }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say yes to a release; whoever registered the version or asked may not.")

        @OptionGroup var decision: DecisionOptions

        func run() async throws { try await decision.send("approve") }
    }

    struct Reject: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say no to a release.")

        @OptionGroup var decision: DecisionOptions

        func run() async throws { try await decision.send("reject") }
    }

    struct DecisionOptions: ParsableArguments {
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the approval.") var approval: String
        @Option(help: "What the decision rests on, in a sentence.") var comment: String

        func send(_ decision: String) async throws {
            let answer: ApprovalAnswer = try await options.client().post(
                path("approvals", approval, "decision"), DecideApprovalRequest(decision: decision, comment: comment))
            if options.json { return try Output.json(answer) }
            print("\(answer.model) \(answer.version) on \(answer.endpoint) is \(answer.state) by \(answer.decidedBy ?? "-").")
        }
    }
}
