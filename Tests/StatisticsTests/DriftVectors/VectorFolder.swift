// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The reference results `drift.json` and the columns in `drift/` that they were computed from.
///
/// Taken from the folder named in `DHOW_DRIFT_VECTORS`, by default the committed copy in Tests/Golden; Tests/Golden/drift/README.md
/// describes the files.
enum VectorFolder {
    static let committed = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden")

    static var url: URL {
        ProcessInfo.processInfo.environment["DHOW_DRIFT_VECTORS"].flatMap { $0.isEmpty ? nil : URL(filePath: $0) } ?? committed
    }

    static func results() throws -> VectorValue {
        let file = url.appending(path: "drift.json")
        let decoder = JSONDecoder()
        // Python writes NaN and Infinity, which plain JSON does not have.
        decoder.allowsJSON5 = true
        do {
            return try decoder.decode(VectorValue.self, from: Data(contentsOf: file))
        } catch {
            Issue.record("\(file.path) cannot be read: \(error)")
            throw error
        }
    }

    /// Rows of plain comma-separated fields by the names in the header.
    static func rows(of file: String, in folder: URL = url) throws -> [[String: String]] {
        let lines = try String(contentsOf: folder.appending(path: "drift").appending(path: file), encoding: .utf8).split(separator: "\n")
        let header = lines.first.map { fields($0) } ?? []
        return lines.dropFirst().map { Dictionary(zip(header, fields($0)), uniquingKeysWith: { first, _ in first }) }
    }

    /// Columns by pair and side; nil is an empty field.
    static func columns(of file: String, in folder: URL = url) throws -> [String: [String: [String?]]] {
        var columns: [String: [String: [String?]]] = [:]
        for row in try rows(of: file, in: folder) {
            let value = row["value"] ?? ""
            columns[row["pair"] ?? "", default: [:]][row["side"] ?? "", default: []].append(value.isEmpty ? nil : value)
        }
        return columns
    }

    static func numericColumns(in folder: URL = url) throws -> [String: [String: [Double?]]] {
        try columns(of: "numeric.csv", in: folder).mapValues { sides in
            sides.mapValues { $0.map { $0.flatMap(Double.init) } }
        }
    }

    private static func fields(_ line: Substring) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map { String($0.hasSuffix("\r") ? $0.dropLast() : $0) }
    }
}
