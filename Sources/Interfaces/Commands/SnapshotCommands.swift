// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow dataset …`
package struct DatasetCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dataset", abstract: "See the datasets that have snapshots.", subcommands: [List.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the datasets by name.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let names = try await options.client().items(path("datasets"), limit: listing.limit, as: String.self)
            if options.json { return try Output.json(names) }
            Output.table(["dataset"], names.map { [$0] })
        }
    }
}

/// `dhow snapshot …`
package struct SnapshotCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Record and see the states of datasets.",
        subcommands: [Record.self, List.self, Show.self, Diff.self, Evolution.self, DraftContract.self, Tag.self])

    package init() {}

    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send files and record them as a dataset's newest state.",
            discussion: "The same files again are the same snapshot. CSV files, also gzipped, are profiled column by column.")

        @OptionGroup var options: ClientOptions
        @Argument var dataset: String
        @Option(parsing: .upToNextOption, help: "The files; their names are kept.") var file: [String]
        @Option(help: "Where the data may live, such as AE.") var jurisdiction: String?
        @Option(help: "What kind of data it is; may be repeated.") var classification: [String] = []

        func run() async throws {
            let client = try options.client()
            var files: [SnapshotFileBody] = []
            for path in file {
                let url = URL(filePath: path)
                let progress = UploadProgress(of: url.lastPathComponent)
                let blob: BlobAnswer = try await client.upload(url, to: "/api/v1/blobs", progress: progress.tell)
                files.append(SnapshotFileBody(name: url.lastPathComponent, digest: blob.digest))
            }
            let request = RecordSnapshotRequest(files: files, jurisdiction: jurisdiction, classifications: classification)
            let answer: SnapshotAnswer = try await client.post(path("datasets", dataset, "snapshots"), request)
            if options.json { return try Output.json(answer) }
            let rows = answer.rows.map { ", \($0) rows" } ?? ""
            print("Snapshot \(answer.ordinal) of \(answer.dataset) is \(answer.id)\(rows).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a dataset's snapshots, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument var dataset: String

        func run() async throws {
            let snapshots = try await options.client().items(
                path("datasets", dataset, "snapshots"), limit: listing.limit, as: SnapshotAnswer.self)
            if options.json { return try Output.json(snapshots) }
            Output.table(
                ["number", "recorded", "author", "files", "rows", "jurisdiction", "snapshot"],
                snapshots.map {
                    [
                        "\($0.ordinal)", Output.time($0.recorded), $0.author, "\($0.files.count)", $0.rows.map { "\($0)" } ?? "-",
                        $0.jurisdiction ?? "-", $0.id,
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a snapshot: its files, columns and what stands in them.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "An id, or DATASET@N: 0 is the newest, 1 the one before.") var snapshot: String

        func run() async throws {
            let answer = try await options.client().snapshot(snapshot)
            if options.json { return try Output.json(answer) }
            Output.table(
                ["what", "value"],
                [
                    ["snapshot", answer.id], ["of", "\(answer.dataset), number \(answer.ordinal)"],
                    ["recorded", "\(Output.time(answer.recorded)) by \(answer.author)"], ["rows", answer.rows.map { "\($0)" } ?? "-"],
                    ["jurisdiction", answer.jurisdiction ?? "-"],
                    ["classifications", answer.classifications.isEmpty ? "-" : answer.classifications.joined(separator: ", ")],
                ] + answer.tags.map { ["tag \($0.key)", $0.value] })
            print()
            Output.table(["file", "digest"], answer.files.map { [$0.name, $0.digest] })
            guard !answer.columns.isEmpty else { return }
            print()
            Output.table(
                ["column", "type", "empty", "distinct", "minimum", "maximum", "mean", "deviation", "most frequent"],
                answer.columns.map(\.cells))
        }
    }
}

extension SnapshotColumnAnswer {
    fileprivate var cells: [String] {
        guard let profile else { return [name, type] + Array(repeating: "-", count: 7) }
        let frequent = profile.topValues?.prefix(3).map { "\($0.value.printable) (\($0.count))" }.joined(separator: ", ")
        return [
            name, type, "\(profile.nulls)", (profile.isDistinctEstimated ? "~" : "") + "\(profile.distinct)", text(profile.minimum),
            text(profile.maximum), text(profile.mean), text(profile.deviation), frequent ?? "-",
        ]
    }

    /// Four significant digits are enough to look at; times are shown as such.
    private func text(_ number: Double?) -> String {
        guard let number else { return "-" }
        if type == "time", let milliseconds = Int64(exactly: number.rounded()), abs(number) < 1e15, number > 1e9 {
            return Output.time(milliseconds)
        }
        if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
        return number.formatted(.number.precision(.significantDigits(1...4)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }
}
