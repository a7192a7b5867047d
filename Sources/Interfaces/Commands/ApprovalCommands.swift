// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow approval …`
package struct ApprovalCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "approval", abstract: "Ask for, see and decide approvals of releases.",
        subcommands: [
            List.self, Show.self, Request.self, Approve.self, Reject.self, Withdraw.self, Retract.self, Link.self, Receipt.self,
        ])

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
                    ["asked", asked(answer)], ["withdrawn by", answer.withdrawnBy ?? "-"],
                ])
            guard !answer.decisions.isEmpty else { return }
            print()
            Output.table(
                ["decided", "by", "decision", "comment", "ledger entry"],
                answer.decisions.map { [Output.time($0.decided), $0.principal, $0.decision, $0.comment, $0.entry] })
        }

        private func asked(_ answer: ApprovalAnswer) -> String {
            let names = answer.approvers + answer.roles.map { "role \($0)" }
            return "\(answer.count) of \(names.isEmpty ? "all approvers" : names.joined(separator: ", "))"
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
        @Option(name: .customLong("approver"), help: "Name of a user who may decide; can be repeated.") var approvers: [String] = []
        @Option(name: .customLong("role"), help: "Role that may decide; can be repeated.") var roles: [String] = []
        @Option(help: "How many people must say yes.") var count = 1
        @Option(help: "An event reminds each time this many hours have passed.") var remindAfterHours: Int?

        func run() async throws {
            let answer: ApprovalAnswer = try await options.client().post(
                path("approvals"),
                RequestApprovalRequest(
                    endpoint: endpoint, model: model, version: version, gateReport: report, lifetimeSeconds: Int64(days) * 86_400,
                    approvers: approvers, roles: roles, count: count, remindAfterSeconds: remindAfterHours.map { Int64($0) * 3600 }))
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

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an approval back before it is used: who asked, or an administrator.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the approval.") var approval: String

        func run() async throws {
            let answer: ApprovalAnswer = try await options.client().post(path("approvals", approval, "withdrawal"), [String: String]())
            if options.json { try Output.json(answer) } else { print("Approval \(answer.id) is \(answer.state).") }
        }
    }

    struct Retract: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take your own yes back before it is used.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the approval.") var approval: String

        func run() async throws {
            let answer: ApprovalAnswer = try await options.client().delete(path("approvals", approval, "decision"))
            if options.json { try Output.json(answer) } else { print("Approval \(answer.id) is \(answer.state).") }
        }
    }

    struct Link: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a link that leads one person to one decision; whoever opens it signs in as that person.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the approval.") var approval: String
        @Argument(help: "Name of the user it is for.") var principal: String

        func run() async throws {
            let answer: ApprovalLinkAnswer = try await options.client().post(
                path("approvals", approval, "links"), MakeApprovalLinkRequest(principal: principal))
            if options.json { return try Output.json(answer) }
            print("\(answer.path)")
            print("For \(answer.principal) alone, until \(Output.time(answer.expires)), for one decision.")
        }
    }

    struct Receipt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print for each decision the receipt that proves it to be in the ledger.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the approval.") var approval: String

        func run() async throws {
            let client = try options.client()
            let answer: ApprovalAnswer = try await client.get(path("approvals", approval))
            for decision in answer.decisions where !decision.entry.isEmpty {
                let receipt = try await client.bytes(path("ledger", "entries", decision.entry, "receipt"))
                print(String(decoding: receipt, as: UTF8.self))
            }
        }
    }

    struct DecisionOptions: ParsableArguments {
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the approval, or a link to it.") var approval: String
        @Option(help: "What the decision rests on, in a sentence.") var comment: String

        func send(_ decision: String) async throws {
            // Ids have no dot, links one between what they say and its signature.
            let link = approval.split(separator: "?")[0].split(separator: "/").last.map(String.init) ?? approval
            let resource = link.contains(".") ? path("approval-links", link, "decision") : path("approvals", approval, "decision")
            let answer: ApprovalAnswer = try await options.client().post(
                resource, DecideApprovalRequest(decision: decision, comment: comment))
            if options.json { return try Output.json(answer) }
            print("\(answer.model) \(answer.version) on \(answer.endpoint) is \(answer.state).")
            if let entry = answer.decisions.last?.entry { print("Ledger entry \(entry).") }
        }
    }
}
