// SPDX-License-Identifier: Apache-2.0

package import API
import Domain
import Foundation

/// Files and folders of documents, as they are sent: every `.yaml`, `.yml` and `.json` file of a folder but hidden ones and those that name
/// no `dhow/` version, and with documents of pipelines the digests of the files beside them.
package struct DocumentFolder: Sendable {
    package static let mostFiles = 1000
    package static let mostBytes = 16 << 20
    private static let endings: Set<String> = ["yaml", "yml", "json"]

    package let source: String
    package let files: [DocumentFile]
    /// Files that were found in folders and are no documents of Dhow.
    package let skipped: [String]
    private let folders: [String: [String: String]]
    private let commit: String?

    /// - Parameter source: Nil for what git says of the folder that holds all paths.
    /// - Throws: `Problem` for what cannot be read, is too much, or holds no document.
    package init(_ paths: [String], source: String?) throws {
        var files: [DocumentFile] = []
        var skipped: [String] = []
        var folders: [String: [String: String]] = [:]
        var bytes = 0
        for (path, isNamed) in try Self.find(paths) {
            let text = try Self.text(of: path)
            // A file of something else; with a faulty version it still is one of ours, and is told of.
            guard isNamed || text.contains("dhow/") else {
                skipped.append(path)
                continue
            }
            bytes += text.utf8.count
            guard files.count < Self.mostFiles, bytes <= Self.mostBytes else {
                throw Problem(
                    .tooLarge, "client.documents.too-large",
                    "There are more than \(Self.mostFiles) files or \(Self.mostBytes) bytes of documents.",
                    fix: "Divide them among several sources.")
            }
            var folder: String?
            if text.firstMatch(of: /["']?kind["']?\s*:\s*["']?Pipeline/) != nil {
                let beside = URL(filePath: path).deletingLastPathComponent()
                folder = beside.path
                if folders[beside.path] == nil { folders[beside.path] = try FolderFiles(folder: beside).digests() }
            }
            files.append(DocumentFile(name: path, text: text, folder: folder))
        }
        guard !files.isEmpty else {
            throw Problem(
                .invalid, "client.documents.absent", "There are no documents in \(paths.map { "'\($0)'" }.joined(separator: ", ")).",
                why: "Documents are .yaml, .yml and .json files with 'apiVersion: dhow/v1'.",
                fix: "Give their folder. To delete everything that a source declares: dhow delete --source NAME --all.")
        }
        let git = GitFolder(folder: Self.common(paths))
        self.files = files
        self.skipped = skipped
        self.folders = folders
        self.source = source ?? git.sourceName()
        commit = git.commit()
    }

    /// The name that documents at these paths have when none is given.
    package static func sourceName(of paths: [String]) -> String { GitFolder(folder: common(paths)).sourceName() }

    package func request(prune: Bool = false, takeOver: Bool = false, plan: String? = nil, dryRun: Bool? = nil) -> DocumentsRequest {
        DocumentsRequest(
            source: source, files: files, folders: folders, prune: prune, takeOver: takeOver, commit: commit, plan: plan, dryRun: dryRun)
    }

    /// Stores the files with these digests, so that what needs them can be applied.
    package func upload(_ digests: [String], with client: DhowClient) async throws {
        var places: [String: URL] = [:]
        for (folder, files) in folders {
            for (path, digest) in files { places[digest] = URL(filePath: folder).appending(path: path) }
        }
        for digest in digests {
            guard let file = places[digest] else { continue }
            let blob: BlobAnswer = try await client.upload(file, to: "/api/v1/blobs")
            guard blob.digest == digest else {
                throw Problem(
                    .conflict, "client.file.changed", "'\(file.path)' changed while it was sent.", fix: "Apply again when it is still.")
            }
        }
    }

    /// Every file, sorted, with whether it was named itself.
    private static func find(_ paths: [String]) throws -> [(path: String, isNamed: Bool)] {
        var found: [String: Bool] = [:]
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw Problem(
                    .invalid, "client.file.absent", "There is no '\(path.printable)'.", fix: "Give a file or folder of documents.")
            }
            guard isFolder.boolValue else {
                found[path] = true
                continue
            }
            guard let entries = FileManager.default.enumerator(atPath: path) else { continue }
            let prefix = path.hasSuffix("/") ? path : path + "/"
            while let entry = entries.nextObject() as? String {
                if (entry as NSString).lastPathComponent.hasPrefix(".") {
                    entries.skipDescendants()
                    continue
                }
                guard endings.contains((entry as NSString).pathExtension),
                    try FileManager.default.attributesOfItem(atPath: prefix + entry)[.type] as? FileAttributeType == .typeRegular
                else { continue }
                if found[prefix + entry] == nil { found[prefix + entry] = false }
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func text(of path: String) throws(Problem) -> String {
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue ?? 0
        guard size <= mostBytes, let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Problem(
                .invalid, "client.file.unreadable", "'\(path.printable)' cannot be read as text.",
                why: "It is not UTF-8, not readable, or longer than \(mostBytes) bytes.", fix: "Keep it out of the folder of documents.")
        }
        return text
    }

    /// The deepest folder that holds all of the paths.
    private static func common(_ paths: [String]) -> URL {
        let folders = paths.map { path in
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            let url = URL(filePath: path).standardizedFileURL
            return exists && !isFolder.boolValue ? url.deletingLastPathComponent() : url
        }
        var shared = folders.first?.pathComponents ?? ["/"]
        for folder in folders {
            let parts = folder.pathComponents
            shared = Array(zip(shared, parts).prefix { $0.0 == $0.1 }.map(\.0))
        }
        return URL(filePath: NSString.path(withComponents: shared), directoryHint: .isDirectory)
    }
}
