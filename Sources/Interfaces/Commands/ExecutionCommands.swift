// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow execution …`
package struct ExecutionCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "execution", abstract: "Run pipelines and see how they went.",
        subcommands: [
            Start.self, BackfillCommands.Start.self, List.self, Show.self, Watch.self, Cancel.self, Pause.self, Resume.self, Again.self,
            Explain.self, ExecutionLog.self, ExecutionReports.self,
        ])

    package init() {}

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start an execution of a pipeline's newest version.",
            discussion: "A snapshot is given by its id, or as DATASET@N: 0 is the newest, 1 the one before.")

        @OptionGroup var options: ClientOptions
        @Argument var pipeline: String
        @OptionGroup var parameters: ParameterOptions
        @Flag(help: "Follow it to its end; exits 10 when a gate or person refused, 1 when it failed.") var watch = false

        func run() async throws {
            let client = try options.client()
            let values = try await parameters.values(for: pipeline, client)
            let answer: ExecutionAnswer = try await client.post(
                "/api/v1/executions", StartExecutionRequest(pipeline: pipeline, parameters: values))
            if watch {
                if !options.json { print("Execution \(answer.id)") }
                return try await follow(answer.id, client, options)
            }
            if options.json { try Output.json(answer) } else { print(answer.id) }
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow an execution to its end.",
            discussion: "Exits with 0 when it succeeded, 10 when a gate or person refused, 1 when it failed or was cancelled.")

        @OptionGroup var options: ClientOptions
        @Argument var execution: String

        func run() async throws {
            try await follow(execution, try options.client(), options)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List executions, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Option(help: "Only of this pipeline.") var pipeline: String?

        func run() async throws {
            let executions = try await options.client().items(
                path("executions"), ["pipeline": pipeline], limit: listing.limit, as: ExecutionAnswer.self)
            if options.json { return try Output.json(executions) }
            Output.table(
                ["execution", "pipeline", "version", "status", "started", "ended", "by"],
                executions.map {
                    [
                        $0.id, $0.pipeline, "\($0.pipelineVersion)", $0.status, Output.time($0.created), Output.time($0.ended),
                        $0.cause ?? $0.startedBy,
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an execution and its steps.")

        @OptionGroup var options: ClientOptions
        @Argument var execution: String

        func run() async throws {
            let answer: ExecutionAnswer = try await options.client().get(path("executions", execution))
            if options.json { return try Output.json(answer) }
            var rows = [
                ["execution", answer.id], ["pipeline", "\(answer.pipeline), version \(answer.pipelineVersion)"],
                ["status", answer.status], ["started", "\(Output.time(answer.created)) by \(answer.startedBy)"],
                ["because of", answer.cause ?? "-"], ["ended", Output.time(answer.ended)],
            ]
            rows += try answer.parameters.sorted { $0.key < $1.key }.map { ["parameter \($0.key)", try Output.line($0.value)] }
            Output.table(["what", "value"], rows)
            print()
            Output.table(["step", "kind", "state", "attempts", "seconds", "why"], (answer.steps ?? []).map(\.cells))
            let outputs = try (answer.steps ?? []).flatMap { step in
                try step.outputs.sorted { $0.key < $1.key }.map { [step.name, $0.key, try Output.line($0.value)] }
            }
            guard !outputs.isEmpty else { return }
            print()
            Output.table(["step", "output", "value"], outputs)
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop what runs and start nothing more.")

        @OptionGroup var options: ClientOptions
        @Argument var execution: String

        func run() async throws {
            let answer: ExecutionAnswer = try await options.client().post(path("executions", execution, "cancel"), [String: String]())
            if options.json { return try Output.json(answer) }
            print(
                answer.ended == nil ? "Execution \(answer.id) is being cancelled." : "Execution \(answer.id) had ended: \(answer.status).")
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start nothing more until it is resumed; what runs goes on.")

        @OptionGroup var options: ClientOptions
        @Argument var execution: String

        func run() async throws {
            let answer: ExecutionAnswer = try await options.client().post(path("executions", execution, "pause"), [String: String]())
            if options.json { return try Output.json(answer) }
            print(answer.ended == nil ? "Execution \(answer.id) is being paused." : "Execution \(answer.id) had ended: \(answer.status).")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a paused execution go on.")

        @OptionGroup var options: ClientOptions
        @Argument var execution: String

        func run() async throws {
            let answer: ExecutionAnswer = try await options.client().post(path("executions", execution, "resume"), [String: String]())
            if options.json { return try Output.json(answer) }
            print(answer.ended == nil ? "Execution \(answer.id) goes on." : "Execution \(answer.id) had ended: \(answer.status).")
        }
    }

    struct Again: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run an execution again, as a new one.",
            discussion: """
                With --from-failed every step that ended well stands as it is, and only the rest is done. Otherwise the pipeline's newest version \
                is run with the same parameters, but for those given, and what the cache has is used.
                """)

        @OptionGroup var options: ClientOptions
        @Argument var execution: String
        @Flag(help: "Keep what ended well.") var fromFailed = false
        @OptionGroup var parameters: ParameterOptions
        @Flag(help: "Follow it to its end; exits 10 when a gate or person refused, 1 when it failed.") var watch = false

        func run() async throws {
            let client = try options.client()
            let earlier: ExecutionAnswer = try await client.get(path("executions", execution))
            let values = try await parameters.values(for: earlier.pipeline, client)
            let answer: ExecutionAnswer = try await client.post(
                path("executions", execution, "again"), RepeatExecutionRequest(fromFailed: fromFailed, parameters: values))
            if watch {
                if !options.json { print("Execution \(answer.id)") }
                return try await follow(answer.id, client, options)
            }
            if options.json { try Output.json(answer) } else { print(answer.id) }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say of each step why it ran or was used again.")

        @OptionGroup var options: ClientOptions
        @Argument var execution: String

        func run() async throws {
            let answer: ExplanationAnswer = try await options.client().get(path("executions", execution, "explanation"))
            if options.json { return try Output.json(answer) }
            Output.table(
                ["step", "state", "because"],
                answer.steps.map {
                    [
                        $0.step, $0.state,
                        $0.because + ($0.changes.count > 1 ? " Also: \($0.changes.dropFirst().joined(separator: ", "))." : ""),
                    ]
                })
        }
    }

    fileprivate static func follow(_ execution: String, _ client: DhowClient, _ options: ClientOptions) async throws {
        let answer = try await ExecutionWatch(client: client, execution: execution).follow { line in
            if !options.json { Output.progress(line) }
        }
        if options.json { try Output.json(answer) }
        try answer.requireSuccess()
        if !options.json { print("Execution \(answer.id) succeeded.") }
    }
}

extension AsyncParsableCommand {
    fileprivate func follow(_ execution: String, _ client: DhowClient, _ options: ClientOptions) async throws {
        try await ExecutionCommands.follow(execution, client, options)
    }
}

extension StepAnswer {
    fileprivate var cells: [String] {
        let spans = attempts.compactMap { attempt in attempt.ended.map { $0 - attempt.started } }
        let seconds = spans.isEmpty ? "-" : String(format: "%.1f", Double(spans.reduce(0, +)) / 1000)
        let words =
            items.map { items in
                "\(self.state): " + items.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            } ?? state
        return [name, kind, words, "\(attempts.count)", seconds, reusedFrom.map { "made by \($0)" } ?? why?.printable ?? "-"]
    }
}
