// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Foundation

/// `dhow gate …`
package struct GateCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "gate", abstract: "See quality gates and what they found.",
        subcommands: [List.self, Show.self, Report.self, Definitions.self, Definition.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the gate reports about a model, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument var model: String
        @Option(help: "Only reports about this version.") var version: Int?

        func run() async throws {
            let reports = try await options.client().items(
                path("gate-reports"), ["model": model, "version": version.map { "\($0)" }], limit: listing.limit, as: GateReportAnswer.self)
            if options.json { return try Output.json(reports) }
            Output.table(
                ["id", "created", "gate", "version", "champion", "outcome", "checks"],
                reports.map { report in
                    let passed = report.checks.count { $0.outcome == "passed" }
                    return [
                        report.id, Output.time(report.created), report.gate, "\(report.version)", report.champion.map { "\($0)" } ?? "-",
                        report.outcome, "\(passed) of \(report.checks.count) passed",
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a gate report: each check with its outcome, reason and evidence.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the report.") var report: String

        func run() async throws {
            let answer: GateReportAnswer = try await options.client().get(path("gate-reports", report))
            if options.json { return try Output.json(answer) }
            Output.table(
                ["what", "value"],
                [
                    ["gate", answer.gate], ["model", "\(answer.model) \(answer.version)"], ["outcome", answer.outcome],
                    ["champion then", answer.champion.map { "\($0)" } ?? "-"], ["run", answer.run ?? "-"],
                    ["snapshots", answer.snapshots.isEmpty ? "-" : answer.snapshots.joined(separator: ", ")],
                    ["scored rows", "\(answer.scoredRows)"], ["evaluated", "\(Output.time(answer.created)) by \(answer.evaluatedBy)"],
                    ["digest", answer.digest],
                ])
            print()
            Output.table(
                ["check", "outcome", "reason", "evidence"],
                answer.checks.map { check in
                    let evidence = check.evidence.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                    return [check.name, check.outcome, check.reason, evidence.joined(separator: " ")]
                })
        }
    }

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a gate report as text for a merge request, as a page or as JSON.")

        enum Format: String, ExpressibleByArgument, CaseIterable { case md, html, json }

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the report.") var report: String
        @Option(help: "md, html or json.") var format = Format.md

        func run() async throws {
            let bytes = try await options.client().bytes(path("gate-reports", report), ["format": format.rawValue])
            try FileHandle.standardOutput.write(contentsOf: bytes)
        }
    }

    struct Definitions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the declared gates.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let gates = try await options.client().items(path("gates"), [:], limit: listing.limit, as: GateAnswer.self)
            if options.json { return try Output.json(gates) }
            Output.table(
                ["gate", "revision", "changed", "checks", "inconclusive"],
                gates.map { [$0.name, "\($0.revision)", Output.time($0.changed), "\($0.checks.count)", $0.onInconclusive] })
        }
    }

    struct Definition: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a declared gate with its checks.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the gate.") var gate: String

        func run() async throws {
            let answer: GateAnswer = try await options.client().get(path("gates", gate))
            try Output.json(answer)
        }
    }
}
