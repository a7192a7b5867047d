// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain

/// `dhow trace …`
package struct TraceCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "See what programs did from a request to its answer.",
        subcommands: [List.self, Show.self, Delete.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the traces of an experiment, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Option(help: "Such as \"status = 'ERROR' AND span.type = 'LLM'\".") var filter: String?
        @Option(help: "Such as \"execution_time DESC\".") var order: String?
        @Argument(help: "Id or name of the experiment.") var experiment: String

        func run() async throws {
            let client = try options.client()
            let id = try await client.experiment(experiment).id
            let traces = try await client.items(
                path("traces"), ["experiment": "\(id)", "filter": filter, "order": order], limit: listing.limit, as: TraceAnswer.self)
            if options.json { return try Output.json(traces) }
            Output.table(
                ["trace", "name", "state", "started", "milliseconds", "spans"],
                traces.map {
                    [$0.id, $0.name ?? "-", $0.state, Output.time($0.started), $0.duration.map(String.init) ?? "-", "\($0.spanCount)"]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a trace: its spans as a tree, its tags and what was said of it.")

        @OptionGroup var options: ClientOptions
        @Argument var trace: String

        func run() async throws {
            let answer: TraceAnswer = try await options.client().get(path("traces", trace))
            if options.json { return try Output.json(answer) }
            var rows = [
                ["trace", answer.id], ["name", answer.name ?? "-"], ["experiment", "\(answer.experiment)"], ["state", answer.state],
                ["started", Output.time(answer.started)], ["milliseconds", answer.duration.map(String.init) ?? "-"],
                ["request", answer.request ?? "-"], ["response", answer.response ?? "-"],
            ]
            rows += answer.tags.map { ["tag \($0.key)", $0.value] }
            rows += answer.assessments.map { ["\($0.kind) \($0.name)", "\($0.value.jsonText) by \($0.source)"] }
            Output.table(["what", "value"], rows)
            print()
            Output.table(["span", "type", "status", "milliseconds"], Self.tree(of: answer.spans ?? []))
        }

        /// Parents before their children, these indented and by their start; a span whose parent is missing stands with the roots.
        static func tree(of spans: [TraceSpanAnswer]) -> [[String]] {
            let known = Set(spans.map(\.id))
            let children = Dictionary(grouping: spans) { span in span.parent.flatMap { known.contains($0) ? $0 : nil } ?? "" }
            var rows: [[String]] = []
            var shown: Set<String> = []
            var waiting = (children[""] ?? []).reversed().map { ($0, 0) }
            while let (span, depth) = waiting.popLast() {
                guard shown.insert(span.id).inserted else { continue }
                let duration = span.ended.map { "\(($0 - span.started) / 1_000_000)" } ?? "-"
                rows.append([String(repeating: "  ", count: depth) + span.name, span.type ?? "-", span.status, duration])
                waiting += (children[span.id] ?? []).reversed().map { ($0, depth + 1) }
            }
            return rows
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a trace for good; its id stays taken.")

        @OptionGroup var options: ClientOptions
        @Argument var trace: String

        func run() async throws {
            let answer: TraceAnswer = try await options.client().delete(path("traces", trace))
            if options.json { return try Output.json(answer) }
            print("Trace \(answer.id) is deleted.")
        }
    }
}
