// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow feature …`
package struct FeatureCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "feature", abstract: "Keep what endpoints look up for their clients.", subcommands: [Write.self, Show.self])

    package init() {}

    struct Write: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write rows into a feature service; the newest row of an entity stays.",
            discussion: "The file is CSV with a header. An empty cell is a missing value; cells that read as numbers are numbers.")

        /// As many as one request takes.
        private static let batch = 10_000

        @OptionGroup var options: ClientOptions
        @Argument var service: String
        @Option(help: "CSV file with a header.") var file: String
        @Option(help: "The column of entity keys.") var entity: String
        @Option(help: "The column that says since when a row is true, in milliseconds since 1970 UTC; now when absent.") var time: String?

        func run() async throws {
            let rows = try FeatureFile.read(file, entity: entity, time: time)
            let client = try options.client()
            var changed = 0
            for start in stride(from: 0, to: rows.count, by: Self.batch) {
                let part = Array(rows[start..<min(start + Self.batch, rows.count)])
                let answer: FeatureRowsAnswer = try await client.post(
                    "/api/v1/feature-services/\(service)/rows", FeatureRowsRequest(rows: part))
                changed += answer.changed
            }
            if options.json { return try Output.json(FeatureRowsAnswer(changed: changed)) }
            print("\(changed) of \(rows.count) rows were newer than what was there.")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what a feature service knows of an entity.")

        @OptionGroup var options: ClientOptions
        @Argument var service: String
        @Argument var entity: String

        func run() async throws {
            let row: FeatureRowBody = try await options.client().get("/api/v1/feature-services/\(service)/rows/\(entity)")
            if options.json { return try Output.json(row) }
            Output.table(
                ["feature", "value"],
                row.values.sorted { $0.key < $1.key }.map { name, value in
                    [name, String(decoding: (try? JSONEncoder().encode(value)) ?? Data(), as: UTF8.self)]
                })
        }
    }
}

/// Feature rows as CSV.
enum FeatureFile {
    static func read(_ path: String, entity: String, time: String?) throws -> [FeatureRowBody] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Problem(.invalid, "client.file.unreadable", "'\(path.printable)' cannot be read as text.")
        }
        var lines = text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline)[...]
        let header = lines.popFirst().map(cells) ?? []
        guard let key = header.firstIndex(of: entity) else {
            throw Problem(
                .invalid, "client.features.column-missing", "'\(path.printable)' has no column '\(entity.printable)'.",
                why: "Its columns are \(header.joined(separator: ", ").printable).")
        }
        let timeColumn = try time.map { name in
            guard let index = header.firstIndex(of: name) else {
                throw Problem(.invalid, "client.features.column-missing", "'\(path.printable)' has no column '\(name.printable)'.")
            }
            return index
        }
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        return try lines.enumerated().map { index, line in
            let row = cells(line)
            func malformed(_ why: String) -> Problem {
                Problem(.invalid, "client.features.malformed", "Line \(index + 2) of '\(path.printable)' cannot be read.", why: why)
            }
            guard row.count == header.count else { throw malformed("It has \(row.count) cells; the header has \(header.count).") }
            var values: [String: JSONValue] = [:]
            for (column, cell) in row.enumerated() where column != key && column != timeColumn { values[header[column]] = value(of: cell) }
            let moment = try timeColumn.map { column in
                guard let milliseconds = Int64(row[column]) else {
                    throw malformed("'\(row[column].printable)' is no time in milliseconds.")
                }
                return milliseconds
            }
            return FeatureRowBody(entity: row[key], time: moment ?? now, values: values)
        }
    }

    private static func value(of cell: String) -> JSONValue {
        if cell.isEmpty { return .null }
        if let integer = Int64(cell) { return .integer(integer) }
        if let number = Double(cell), number.isFinite { return .number(number) }
        if cell == "true" || cell == "false" { return .bool(cell == "true") }
        return .string(cell)
    }

    /// The cells of a line by RFC 4180, without line breaks inside quotes.
    private static func cells(_ line: Substring) -> [String] {
        var cells: [String] = []
        var cell = ""
        var isQuoted = false
        var rest = line[...]
        while let character = rest.popFirst() {
            if isQuoted {
                if character == "\"" {
                    if rest.first == "\"" { cell.append(rest.removeFirst()) } else { isQuoted = false }
                } else {
                    cell.append(character)
                }
            } else if character == "\"", cell.isEmpty {
                isQuoted = true
            } else if character == "," {
                cells.append(cell)
                cell = ""
            } else {
                cell.append(character)
            }
        }
        return cells + [cell]
    }
}
