// SPDX-License-Identifier: Apache-2.0

package import API
package import Domain
package import Foundation

/// A pipeline's folder as it is sent: the document, and the files that its steps may read.
package struct PipelineUpload: Sendable {
    package static let mostFiles = 10_000
    package static let mostBytes: Int64 = 1 << 30

    private let folder: URL
    private let document: String

    /// - Throws: `Problem` `.invalid` when the document cannot be read.
    package init(folder: URL, document name: String) throws(Problem) {
        self.folder = folder.standardizedFileURL
        do {
            document = try String(contentsOf: self.folder.appending(path: name), encoding: .utf8)
        } catch {
            throw Problem(
                .invalid, "client.pipeline.unreadable", "There is no pipeline document '\(name)' in '\(folder.path)'.",
                fix: "Give the folder that holds it, and its name with --file.")
        }
    }

    /// Sends the files and applies the document. Hidden and generated files stay behind.
    package func apply(with client: DhowClient) async throws -> PipelineAnswer {
        var sources: [String: String] = [:]
        for path in try paths() {
            let blob: BlobAnswer = try await client.upload(folder.appending(path: path), to: "/api/v1/blobs")
            sources[path] = blob.digest
        }
        return try await client.post(
            "/api/v1/pipelines", ApplyPipelineRequest(document: document, sources: sources, codeCommit: commit()))
    }

    private func paths() throws -> [String] {
        var paths: [String] = []
        var bytes: Int64 = 0
        guard let entries = FileManager.default.enumerator(atPath: folder.path) else { return [] }
        while let path = entries.nextObject() as? String {
            let name = (path as NSString).lastPathComponent
            if name.hasPrefix(".") || name == "__pycache__" || name.hasSuffix(".pyc") {
                entries.skipDescendants()
                continue
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            paths.append(path)
            bytes += (attributes[.size] as? NSNumber)?.int64Value ?? 0
            guard paths.count <= Self.mostFiles, bytes <= Self.mostBytes else {
                throw Problem(
                    .tooLarge, "client.pipeline.too-large",
                    "'\(folder.path)' holds more than \(Self.mostFiles) files or \(Self.mostBytes) bytes.",
                    fix: "Keep data out of the pipeline's folder: record them as snapshots.")
            }
        }
        return paths.sorted()
    }

    /// The commit of the folder when git knows it; with `-dirty` when files of the folder differ from it.
    private func commit() -> String? {
        guard let head = git("rev-parse", "HEAD") else { return nil }
        let changes = git("status", "--porcelain", "--", ".") ?? ""
        return changes.isEmpty ? head : head + "-dirty"
    }

    private func git(_ arguments: String...) -> String? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder.path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
