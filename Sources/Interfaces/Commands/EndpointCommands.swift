// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow endpoint …`
package struct EndpointCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "endpoint", abstract: "See which models answer where.",
        subcommands: [List.self, Show.self, Settings.self, Configure.self, Mirror.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the endpoints and what answers at each.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            var endpoints: [EndpointAnswer] = []
            var after: String?
            repeat {
                let page: Page<EndpointAnswer> = try await client.get("/api/v1/endpoints", ["after": after, "limit": "1000"])
                endpoints += page.items
                after = page.next
            } while after != nil
            if options.json { return try Output.json(endpoints) }
            Output.table(
                ["endpoint", "since", "traffic"],
                endpoints.map { endpoint in
                    let traffic = endpoint.revisions.map { "\($0.percent) % \($0.model) \($0.version)" }
                    return [endpoint.name, Output.time(endpoint.since), traffic.joined(separator: ", ")]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an endpoint's revisions, newest first.")

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String

        func run() async throws {
            let answer: EndpointAnswer = try await options.client().get("/api/v1/endpoints/\(endpoint)")
            if options.json { return try Output.json(answer) }
            Output.table(
                ["revision", "percent", "model", "version", "created", "release"],
                answer.revisions.map {
                    ["\($0.revision)", "\($0.percent)", $0.model, "\($0.version)", Output.time($0.created), $0.release]
                })
        }
    }
}

/// `dhow prediction …`
package struct PredictionCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "prediction", abstract: "Look at what was predicted.", subcommands: [Show.self, Export.self, Restore.self])

    package init() {}

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one prediction: what went in, what came out, what proved true.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "<prediction_id>.<row>, rows counting from 0.") var prediction: String

        func run() async throws {
            let answer: PredictionAnswer<[String: JSONValue]> = try await options.client().get("/api/v1/predictions/\(prediction)")
            if options.json { return try Output.json(answer) }
            var rows = [
                ["endpoint", answer.endpoint], ["revision", "\(answer.revision)"], ["about", Output.time(answer.time)],
                ["logged", Output.time(answer.logged)], ["score", answer.score.map { "\($0)" } ?? "-"],
                ["label", answer.label.map { "\($0)" } ?? "-"],
            ]
            if let took = answer.microseconds { rows.append(["took", "\(Double(took) / 1000) ms"]) }
            if let count = answer.requestRows { rows.append(["rows of its request", "\(count)"]) }
            if let candidate = answer.candidate { rows.append(["candidate", "revision \(candidate) at \(answer.candidatePercent) %"]) }
            for (name, value) in answer.inputs.sorted(by: { $0.key < $1.key }) {
                rows.append(["input \(name)", String(decoding: try JSONEncoder().encode(value), as: UTF8.self)])
            }
            for (name, value) in (answer.outputs ?? [:]).sorted(by: { $0.key < $1.key }) {
                rows.append(["output \(name)", String(decoding: try JSONEncoder().encode(value), as: UTF8.self)])
            }
            Output.table(["what", "value"], rows)
        }
    }
}

extension PredictionCommands {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write predictions of a time with their labels to a file, a line of JSON each, also those in the archive.")

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String
        @Option(help: "Begin of the time, such as 2013-03-01 or 2013-03-01T00:00:00Z.") var start: WindowTime
        @Option(help: "Its end, which is left out.") var end: WindowTime
        @Option(help: "The file to write.") var output: String

        func run() async throws {
            let query = ["start": "\(start.milliseconds)", "end": "\(end.milliseconds)"]
            let size = try await options.client().download(
                "/api/v1/endpoints/\(endpoint)/predictions", query, to: URL(filePath: output))
            if options.json { return try Output.json(["bytes": size]) }
            print("Wrote \(size) bytes to \(output).")
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring archived predictions of a time back into the database.")

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String
        @Option(help: "Begin of the time, such as 2013-03-01 or 2013-03-01T00:00:00Z.") var start: WindowTime
        @Option(help: "Its end, which is left out.") var end: WindowTime

        func run() async throws {
            let answer: RestorePredictionsAnswer = try await options.client().post(
                "/api/v1/endpoints/\(endpoint)/predictions/restore",
                RestorePredictionsRequest(start: start.milliseconds, end: end.milliseconds))
            if options.json { return try Output.json(answer) }
            print("\(answer.restored) predictions are in the database again.")
        }
    }
}

/// `dhow label …`
package struct LabelCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Say what turned out to be true.", subcommands: [Record.self])

    package init() {}

    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record one label, or those of a file; recording the same again changes nothing.",
            discussion: "The file has one 'PREDICTION,VALUE' a line, with or without a header 'prediction,value'.")

        /// As many as one request takes.
        private static let batch = 10_000

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String
        @Argument(help: "<prediction_id>.<row>, rows counting from 0; with its value, in place of a file.") var prediction: String?
        @Argument(help: "What turned out to be true, a number.") var value: Double?
        @Option(help: "CSV file.") var file: String?

        func validate() throws {
            guard (file == nil) == (prediction != nil && value != nil) else {
                throw ValidationError("Give either a prediction and its value, or --file.")
            }
        }

        func run() async throws {
            let labels = try file.map(LabelFile.read) ?? [LabelBody(prediction: prediction ?? "", value: value ?? 0)]
            let client = try options.client()
            var total = RecordLabelsAnswer(recorded: 0, corrected: 0, unchanged: 0)
            for start in stride(from: 0, to: labels.count, by: Self.batch) {
                let part = Array(labels[start..<min(start + Self.batch, labels.count)])
                let answer: RecordLabelsAnswer = try await client.post(
                    "/api/v1/endpoints/\(endpoint)/labels", RecordLabelsRequest(labels: part))
                total.recorded += answer.recorded
                total.corrected += answer.corrected
                total.unchanged += answer.unchanged
            }
            if options.json { return try Output.json(total) }
            print("\(total.recorded) recorded, \(total.corrected) corrected, \(total.unchanged) unchanged.")
        }
    }
}

/// Labels as CSV.
enum LabelFile {
    static func read(_ path: String) throws -> [LabelBody] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Problem(.invalid, "client.file.unreadable", "'\(path.printable)' cannot be read as text.")
        }
        return try labels(in: text, of: path)
    }

    static func labels(in text: String, of path: String) throws -> [LabelBody] {
        var labels: [LabelBody] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if line.allSatisfy(\.isWhitespace) || (index == 0 && line.lowercased() == "prediction,value") { continue }
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 2, !cells[0].isEmpty, let value = Double(cells[1]), value.isFinite else {
                throw Problem(
                    .invalid, "client.labels.malformed", "Line \(index + 1) of '\(path.printable)' is not a label.",
                    why: "A line is 'PREDICTION,VALUE', where VALUE is a number.")
            }
            labels.append(LabelBody(prediction: cells[0], value: value))
        }
        return labels
    }
}
