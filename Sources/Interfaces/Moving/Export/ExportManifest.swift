// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
package import Foundation

/// `manifest.json` of a finished export: what it holds, and a digest of each of its files. See docs/export-format.md.
package struct ExportManifest: Codable, Equatable, Sendable {
    package static let formatName = "dhow-export"
    package static let currentVersion = 1

    package var format = Self.formatName
    package var version = Self.currentVersion
    /// Address and workspace it was read from, without credentials.
    package var source: String
    /// Milliseconds since 1970 UTC.
    package var begun: Int64
    package var finished: Int64
    package var selection: ExportSelection
    package var files: [ExportFile]
    package var contents: [String: Content]

    /// How many things of a kind there are, and the digest over them that does not depend on their order (`Tally`).
    package struct Content: Codable, Equatable, Sendable {
        package var count: Int64
        package var digest: String
    }

    /// What an import of it is called, so that a later export of the same goes on with it.
    package var sourceName: String {
        let names = selection.experiments.map { "experiment '\($0)'" } + selection.models.map { "model '\($0)'" }
        return "dhow " + ([source] + names).joined(separator: ", ")
    }

    /// - Throws: `Problem` `.invalid` when the folder holds no finished export of a version known here.
    package static func read(in folder: URL) throws -> (manifest: ExportManifest, digest: String) {
        let data: Data
        do {
            data = try Data(contentsOf: folder.appending(path: ExportLayout.manifest))
        } catch {
            let isUnfinished = FileManager.default.fileExists(atPath: folder.appending(path: ExportLayout.progress).path)
            throw Problem(
                .invalid, "export.manifest.absent", "'\(folder.path)' holds no \(isUnfinished ? "finished " : "")export.",
                why: isUnfinished ? "An export into it broke off." : "There is no file '\(ExportLayout.manifest)'.",
                fix: isUnfinished ? "Finish it: dhow export --to '\(folder.path)'." : "Give the folder that 'dhow export --to' wrote.")
        }
        guard let manifest = try? JSONDecoder().decode(ExportManifest.self, from: data), manifest.format == formatName,
            manifest.version == currentVersion
        else {
            throw Problem(
                .invalid, "export.manifest.unknown", "'\(ExportLayout.manifest)' of '\(folder.path)' is not understood.",
                why: "This dhow reads version \(currentVersion) of the format.", fix: "Use the dhow that wrote it, or a newer one.")
        }
        return (manifest, SHA256.hash(data: data).lowercaseHexadecimal)
    }
}

/// What of a workspace is exported; all of it when nothing is named.
package struct ExportSelection: Codable, Equatable, Sendable {
    /// Names.
    package var experiments: [String]
    /// Names of registered models.
    package var models: [String]

    package init(experiments: [String] = [], models: [String] = []) {
        self.experiments = experiments
        self.models = models
    }

    package var isEverything: Bool { experiments.isEmpty && models.isEmpty }
}

/// A file of lines, of one kind of thing.
package struct ExportFile: Codable, Equatable, Sendable {
    package var kind: ExportKind
    /// Beneath the export's folder.
    package var path: String
    package var lines: Int64
    package var bytes: Int64
    /// SHA-256 of its bytes, in hexadecimal.
    package var sha256: String
}

/// What lines are of, in the order in which they are written and read.
package enum ExportKind: String, Codable, CaseIterable, Sendable {
    case experiments, loggedModels = "logged-models", runs, metrics, artifacts, models, versions, blobs

    /// Where the nth file of this kind lies.
    package func path(_ number: Int) -> String {
        let digits = String(number)
        return "\(rawValue)/\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits).jsonl"
    }
}

/// Names in an export's folder.
package enum ExportLayout {
    package static let manifest = "manifest.json"
    /// There while an export has not finished.
    package static let progress = "progress.json"

    /// Where the bytes with this digest lie; nil for text that is no digest.
    package static func blob(_ digest: String) -> String? {
        BlobDigest(digest).map { "blobs/\($0.hexadecimal.prefix(2))/\($0.hexadecimal)" }
    }
}
