// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

/// The files of a folder that belong to a pipeline in it: all but hidden and generated ones, and links.
struct FolderFiles {
    let folder: URL

    /// Paths beneath the folder, sorted.
    ///
    /// - Throws: `Problem` `.tooLarge`.
    func paths() throws -> [String] {
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
            guard paths.count <= PipelineUpload.mostFiles, bytes <= PipelineUpload.mostBytes else {
                throw Problem(
                    .tooLarge, "client.pipeline.too-large",
                    "'\(folder.path)' holds more than \(PipelineUpload.mostFiles) files or \(PipelineUpload.mostBytes) bytes.",
                    fix: "Keep data out of the pipeline's folder: record them as snapshots.")
            }
        }
        return paths.sorted()
    }

    /// By path, as blobs are named: what a server would store them under.
    func digests() throws -> [String: String] {
        var digests: [String: String] = [:]
        for path in try paths() { digests[path] = try Self.digest(of: folder.appending(path: path)) }
        return digests
    }

    private static func digest(of file: URL) throws -> String {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: file)
        } catch {
            throw Problem(.invalid, "client.file.unreadable", "'\(file.path)' cannot be read.", why: error.localizedDescription)
        }
        defer { try? handle.close() }
        var hasher = SHA256()
        while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty { hasher.update(data: data) }
        return BlobDigest(sha256: hasher.finalize()).description
    }
}
