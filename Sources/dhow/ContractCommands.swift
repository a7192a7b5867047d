// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Backends
import Client
import Commands
import Contracts
import Domain
import DuckDB
import Foundation
import HTTPServer

/// `dhow contract …`
struct ContractCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contract", abstract: "Hold data to contracts.", subcommands: [Check.self, List.self, Reports.self, Show.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judge a snapshot by a data contract; exit 10 when it fails.",
            discussion: """
                The server reads the snapshot and keeps the report. With --file the contract is a document of this machine and what follows \
                are files, CSV or Parquet, that are judged here without a server; then --reference DATASET=FILE gives the data that the \
                contract refers to.
                """)

        @OptionGroup var options: ClientOptions
        @Option(help: "A file with one DataContract; then no server is asked.") var file: String?
        @Option(help: "With --file: a file of a dataset that the contract refers to, as DATASET=FILE; may be repeated.")
        var reference: [String] = []
        @Option(help: "With --file: DuckDB's program.") var duckdb: String?
        @Argument(help: "CONTRACT and SNAPSHOT (an id, or DATASET@N); with --file the files.") var subjects: [String]

        func run() async throws {
            if let file {
                let findings = ContractFindingsAnswer(try await judge(contract: file))
                if options.json { try Output.json(findings) } else { findings.show() }
                return try findings.exit()
            }
            guard subjects.count == 2 else { throw ValidationError("Name a contract and a snapshot, or give --file and files.") }
            let client = try options.client()
            let snapshot = try await client.snapshot(subjects[1]).id
            let report: ContractReportAnswer = try await client.post(
                path("contracts", subjects[0], "reports"), CheckContractRequest(snapshot: snapshot))
            if options.json { try Output.json(report) } else { report.show() }
            try report.result.exit()
        }

        private func judge(contract file: String) async throws -> ContractFindings {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw Problem(
                    .notFound, "contracts.file.unknown", "'\(file.printable)' cannot be read as text.", fix: "Check the path of --file.")
            }
            let contract = try DataContractKind.specification(inFile: text)
            var references: [String: [String]] = [:]
            for text in reference {
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw ValidationError("--reference is DATASET=FILE.") }
                references[parts[0], default: []].append(parts[1])
            }
            let root = FileManager.default.temporaryDirectory.appending(path: "dhow-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: root) }
            let engine = DuckDBEngine(
                program: Platform.duckDBProgram(explicit: duckdb), runner: try ProcessStepRunner(folder: root + "/steps"))
            return try await ContractCheck(contract, engine: engine).run(
                files: subjects, references: references, root: root + "/analysis", now: SystemWallClock().now())
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the data contracts.")

        @OptionGroup var options: ClientOptions
        @Option(help: "How many at most.") var limit = 100

        func run() async throws {
            let contracts = try await options.client().items(path("contracts"), limit: limit, as: ContractAnswer.self)
            if options.json { return try Output.json(contracts) }
            Output.table(
                ["contract", "dataset", "revision", "changed"],
                contracts.map { [$0.name, $0.dataset ?? "-", "\($0.revision)", Output.time($0.changed)] })
        }
    }

    struct Reports: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what checks by a contract found, newest first.")

        @OptionGroup var options: ClientOptions
        @Option(help: "How many at most.") var limit = 100
        @Argument var contract: String

        func run() async throws {
            let reports = try await options.client().items(
                path("contracts", contract, "reports"), limit: limit, as: ContractReportAnswer.self)
            if options.json { return try Output.json(reports) }
            Output.table(
                ["report", "created", "snapshot", "revision", "outcome", "failed"],
                reports.map { report in
                    let failed = report.result.findings.count { $0.outcome == "failed" }
                    return [
                        report.id, Output.time(report.created), report.snapshot, "\(report.revision)", report.result.outcome,
                        "\(failed) of \(report.result.findings.count) rules",
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a report: each rule with its numbers and examples.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the report.") var report: String

        func run() async throws {
            let answer: ContractReportAnswer = try await options.client().get(path("contract-reports", report))
            if options.json { return try Output.json(answer) }
            answer.show()
        }
    }
}

extension ContractReportAnswer {
    fileprivate func show() {
        Output.table(
            ["what", "value"],
            [
                ["report", id], ["contract", "\(contract), revision \(revision)"], ["snapshot", snapshot],
                ["checked", "\(Output.time(created)) by \(checkedBy)"],
            ])
        print()
        result.show()
    }
}

extension ContractFindingsAnswer {
    fileprivate func show() {
        // What went wrong is read first.
        let order = ["failed", "inconclusive", "passed"]
        let sorted = findings.enumerated().sorted { left, right in
            (order.firstIndex(of: left.element.outcome) ?? 0, left.offset) < (
                order.firstIndex(of: right.element.outcome) ?? 0, right.offset
            )
        }.map(\.element)
        Output.table(
            ["outcome", "rule", "of", "reason", "examples"],
            sorted.map { finding in
                let outcome = finding.severity == "warning" && finding.outcome != "passed" ? "warning" : finding.outcome
                return [
                    outcome, finding.rule, finding.subject.isEmpty ? "-" : finding.subject, finding.reason,
                    finding.examples.map(\.words).joined(separator: "; "),
                ]
            })
        print()
        let rows = rows.map { ", \($0) rows" } ?? ""
        print("The contract \(outcome == "passed" ? "holds" : outcome == "failed" ? "is broken" : "could not be judged")\(rows).")
    }

    /// A refusal on the merits; also when nobody knows.
    fileprivate func exit() throws {
        if outcome != "passed" { throw ExitCode(10) }
    }
}

extension ContractExampleAnswer {
    fileprivate var words: String {
        let values = cells.map { cell in
            let value = cell.value.map { "'\($0.printable)'" } ?? "null"
            return cells.count == 1 ? value : "\(cell.column.printable)=\(value)"
        }.joined(separator: " ")
        let many = rows.map { $0 > 1 ? " in \($0) rows" : "" } ?? ""
        return values + many + (row.map { ", row \($0)" } ?? "")
    }
}
