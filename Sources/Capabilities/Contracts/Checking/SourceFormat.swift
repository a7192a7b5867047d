// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import Tracking

/// What a set of files is, by their names.
package enum SourceFormat: Sendable {
    case csv, parquet

    /// - Throws: `Problem` `.invalid` for others, and for both together.
    package init(of names: [String]) throws {
        func all(_ suffixes: [String]) -> Bool { !names.isEmpty && names.allSatisfy { name in suffixes.contains { name.hasSuffix($0) } } }
        if all([".csv", ".csv.gz"]) {
            self = .csv
        } else if all([".parquet"]) {
            self = .parquet
        } else {
            throw Problem(
                .invalid, "contracts.files.unsupported", "These files cannot be judged by a data contract.",
                why: "Data contracts are for files all named '….csv' or '….csv.gz', or all named '….parquet'.")
        }
    }

    package func suffix(of name: String) -> String {
        switch self {
        case .parquet: "parquet"
        case .csv: name.hasSuffix(".gz") ? "csv.gz" : "csv"
        }
    }

    /// - Parameters:
    ///   - files: Names in the folder.
    ///   - header: The columns of CSV files where they are known; else they are read from the files' first lines, which must agree.
    package func source(_ files: [String], in folder: AnalysisFolder, header: [String]? = nil) async throws -> AnalyticalSource {
        guard self == .csv else { return AnalyticalSource(.parquet, files: files) }
        if let header { return AnalyticalSource(.csv(columns: header), files: files) }
        var columns: [String]?
        for file in files {
            let found = try CSVHeader.columns(ofFile: "\(folder.path)/\(file)", named: file)
            guard columns == nil || columns == found else {
                throw Problem(
                    .invalid, "contracts.files.differ", "The files are not of one table.", why: "Their header lines name different columns."
                )
            }
            columns = found
        }
        return AnalyticalSource(.csv(columns: columns ?? []), files: files)
    }
}
