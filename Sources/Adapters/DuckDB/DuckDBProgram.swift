// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// Where DuckDB's command-line program was found, if anywhere, and every place that was looked at, for people to read.
package struct DuckDBProgram: Sendable, Equatable {
    package var path: String?
    package var tried: [String]

    /// Searches, in this order: the explicit path, `DHOW_DUCKDB`, `.runtime/duckdb/duckdb` in each folder of `folders`, and PATH.
    ///
    /// A path that a person gave (the first two) is final: when nothing is there, no other program is used unnoticed.
    /// - Parameter folders: Folders of the binary or project. One inside a `.build` folder also stands for the package around it.
    package static func locate(explicit: String?, environment: [String: String], besides folders: [String]) -> DuckDBProgram {
        if let explicit, !explicit.isEmpty { return DuckDBProgram(path: program(at: explicit), tried: ["--duckdb \(explicit)"]) }
        if let named = environment["DHOW_DUCKDB"], !named.isEmpty {
            return DuckDBProgram(path: program(at: named), tried: ["DHOW_DUCKDB=\(named)"])
        }
        var tried: [String] = []
        for place in folders.flatMap(productFolders).map({ $0 + "/.runtime/duckdb/duckdb" }) where !tried.contains(place) {
            tried.append(place)
            if let path = program(at: place) { return DuckDBProgram(path: path, tried: tried) }
        }
        tried.append("PATH")
        let places = (environment["PATH"] ?? "").split(separator: ":").filter { $0.hasPrefix("/") }
        return DuckDBProgram(path: places.lazy.compactMap { program(at: "\($0)/duckdb") }.first, tried: tried)
    }

    /// - Throws: `Problem` `.unavailable` that says how to install it.
    package func require() throws(Problem) -> String {
        if let path { return path }
        throw Problem(
            .unavailable, "analysis.duckdb.missing", "DuckDB's program is not there, and data cannot be analysed without it.",
            why: "Looked for at: \(tried.joined(separator: ", ")).",
            fix: "Run 'make setup', or install it (pip install duckdb-cli, or https://duckdb.org/install) and name it with --duckdb PATH.")
    }

    private static func program(at path: String) -> String? {
        let path = URL(filePath: path).standardizedFileURL.path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue, access(path, X_OK) == 0 else {
            return nil
        }
        return path
    }

    private static func productFolders(of folder: String) -> [String] {
        let folder = URL(filePath: folder).path
        guard let build = folder.range(of: "/.build/") else { return [folder] }
        return [folder, String(folder[..<build.lowerBound])]
    }
}
