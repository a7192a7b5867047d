// SPDX-License-Identifier: Apache-2.0

package import API
import ArgumentParser
package import Client
import Domain
import Foundation

extension SnapshotCommands {
    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how a snapshot differs from another: files, rows, columns, distributions.",
            discussion: """
                PSI is the population stability index of the values, with what it would come to by chance. A common reading: below 0.1 \
                little moved, above 0.25 much.
                """)

        @OptionGroup var options: ClientOptions
        @Argument(help: "The earlier: an id, or DATASET@N.") var before: String
        @Argument(help: "The later: an id, or DATASET@N.") var after: String

        func run() async throws {
            let client = try options.client()
            let (old, new) = (try await client.snapshot(before), try await client.snapshot(after))
            let answer: SnapshotDiffAnswer = try await client.get(path("snapshots", old.id, "diff", new.id))
            if options.json { return try Output.json(answer) }
            Output.table(
                ["what", "before", "after"],
                [
                    ["snapshot", "\(old.dataset) \(old.ordinal)", "\(new.dataset) \(new.ordinal)"],
                    ["rows", answer.rowsBefore.map { "\($0)" } ?? "-", answer.rowsAfter.map { "\($0)" } ?? "-"],
                ])
            for (what, names) in [("added", answer.filesAdded), ("removed", answer.filesRemoved), ("changed", answer.filesChanged)] {
                for name in names { print("file \(what): \(name.withoutControls)") }
            }
            guard !answer.columns.isEmpty else { return }
            print()
            Output.table(
                ["column", "change", "type", "empty %", "distinct", "minimum", "maximum", "mean", "psi", "by chance", "values"],
                answer.columns.map(\.cells))
        }
    }

    struct Tag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set or delete a tag of a snapshot.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "An id, or DATASET@N.") var snapshot: String
        @Argument(help: "KEY=VALUE; with --delete the KEY.") var tag: String
        @Flag(help: "Take the tag away.") var delete = false

        func run() async throws {
            let client = try options.client()
            let id = try await client.snapshot(snapshot).id
            let answer: SnapshotAnswer
            if delete {
                answer = try await client.delete(path(["snapshots", id, "tags"] + tag.segments))
            } else {
                let body = try TagBody(parsing: tag)
                answer = try await client.put(path(["snapshots", id, "tags"] + body.key.segments), TagValueRequest(value: body.value))
            }
            if options.json { return try Output.json(answer) }
            Output.table(["tag", "value"], answer.tags.map { [$0.key, $0.value] })
        }
    }
}

extension DhowClient {
    /// - Parameter reference: An id, or `DATASET@N` for the one that N newer ones have followed.
    package func snapshot(_ reference: String) async throws -> SnapshotAnswer {
        let parts = reference.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return try await get(path("snapshots", reference)) }
        return try await get(path("datasets", String(parts[0]), "snapshots", "latest"), ["offset": String(parts[1])])
    }
}

extension ColumnDiffAnswer {
    fileprivate var cells: [String] {
        func pair(_ value: (ColumnSideAnswer) -> String?) -> String {
            let (old, new) = (before.flatMap(value) ?? "-", after.flatMap(value) ?? "-")
            return old == new ? old : "\(old) → \(new)"
        }
        func number(_ value: Double?) -> String? {
            value?.formatted(.number.precision(.significantDigits(1...4)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
        }
        var values =
            shift.map { $0.newCategories.prefix(3).map { "+" + $0.printable } + $0.goneCategories.prefix(3).map { "-" + $0.printable } }
            ?? []
        if let shift, shift.newCategories.count > 3 || shift.goneCategories.count > 3 { values.append("…") }
        let index = shift.flatMap { number($0.stabilityIndex) }.map { (shift?.isInterpolated == true ? "~" : "") + $0 }
        return [
            name, change, pair(\.type), pair { number($0.nullShare.map { $0 * 100 }) }, pair { $0.distinct.map { "\($0)" } },
            pair { number($0.minimum) }, pair { number($0.maximum) }, pair { number($0.mean) }, index ?? "-",
            shift.flatMap { number($0.noiseFloor) } ?? "-", values.isEmpty ? "-" : values.joined(separator: " "),
        ]
    }
}
