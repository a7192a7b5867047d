// SPDX-License-Identifier: Apache-2.0

import Domain
package import Foundation

/// The folder of a stock server's artifacts on this machine, and what lies in it for a location its database names.
package struct ArtifactRoot: Sendable {
    /// Most files of one run or logged model.
    static let maximumFiles = 4_000
    /// Most files of one that a server lists; these go in several parts.
    static let maximumListed = 100_000
    private let folder: URL

    package init(_ folder: URL) {
        self.folder = folder.standardizedFileURL.resolvingSymlinksInPath()
    }

    /// The location when it is a URL of another store, where clients go on reading; nil for a path or the server's own store.
    static func place(_ location: String?) -> String? {
        guard let location, location.contains("://") else { return nil }
        let scheme = location.split(separator: ":", maxSplits: 1).first?.lowercased() ?? ""
        return ["file", "mlflow-artifacts", "http", "https"].contains(scheme) ? nil : location
    }

    /// Every file below a location, with its path there. Links are left alone, so nothing outside the folder is read.
    ///
    /// - Throws: `Problem` `.tooLarge` beyond 4,000 files.
    func files(at location: String?) throws -> [(path: String, file: URL)] {
        guard let location, Self.place(location) == nil, let root = local(location) else { return [] }
        guard let entries = FileManager.default.enumerator(atPath: root.path) else { return [] }
        var files: [(path: String, file: URL)] = []
        while let path = entries.nextObject() as? String {
            let file = root.appending(path: path)
            guard try FileManager.default.attributesOfItem(atPath: file.path)[.type] as? FileAttributeType == .typeRegular else { continue }
            files.append((path, file))
            guard files.count <= Self.maximumFiles else {
                throw Problem(
                    .tooLarge, "import.artifacts.too-many", "'\(root.path)' holds more than \(Self.maximumFiles) files.",
                    fix: "Pack them into fewer before importing.")
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    /// The location itself when it is in the folder, else the same last parts of it below the folder, the longer first.
    private func local(_ location: String) -> URL? {
        var path = location
        for scheme in ["mlflow-artifacts:", "file:"] where path.hasPrefix(scheme) {
            path = String(path.dropFirst(scheme.count))
            if path.hasPrefix("//") { path = String(path.dropFirst(2).drop { $0 != "/" }) }
        }
        let parts = path.split(separator: "/").map(String.init)
        guard !parts.contains("..") else { return nil }
        let candidates =
            [URL(filePath: path)] + (0..<max(0, parts.count - 1)).map { folder.appending(path: parts[$0...].joined(separator: "/")) }
        return candidates.first { candidate in
            let resolved = candidate.standardizedFileURL.resolvingSymlinksInPath().path
            var isFolder: ObjCBool = false
            return resolved.hasPrefix(folder.path + "/") && FileManager.default.fileExists(atPath: resolved, isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }
}
