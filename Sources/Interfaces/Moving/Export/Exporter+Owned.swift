// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain
import Foundation

/// What belongs to things whose lines are written already: metrics, artifacts, versions, and the bytes of both.
extension Exporter {
    func metrics(_ output: inout ExportFolder) async throws {
        try await owners([.runs], &output) { (run, output) in
            guard let id = run.id else { return }
            do {
                try await pages("metrics", ["run": id], &output) { (series: SeriesRecord, output) in
                    for line in try ExportLine.points(of: series) { try output.write(line) }
                    output.count { $0.add(series) }
                }
            } catch let problem as Problem where problem.kind == .notFound {
                // The run was purged meanwhile.
            }
        }
    }

    func artifacts(_ output: inout ExportFolder) async throws {
        try await owners([.loggedModels, .runs], &output) { (owner, output) in
            guard let id = owner.id else { return }
            let field = output.ownerFile([.loggedModels, .runs])?.kind == .runs ? "run" : "loggedModel"
            try await client.exported("artifacts", [field: id], limit: 1000, as: ArtifactRecord.self) { record in
                try await fetch(record.digest, "artifacts/content", [field: id, "path": record.path])
                try output.write(try ExportLine.of(record))
                output.count { $0.add(record) }
            }
        }
    }

    func versions(_ output: inout ExportFolder) async throws {
        try await owners([.models], &output) { (model, output) in
            guard let name = model.name else { return }
            try await pages("versions", ["model": name], &output) { (record: VersionRecord, output) in
                var record = record
                record.tags = record.tags.ordered
                record.files.sort { $0.path < $1.path }
                for file in record.files {
                    let query = ["model": name, "version": "\(record.version)", "path": file.path]
                    try await fetch(file.digest, "versions/content", query)
                }
                try output.write(try ExportLine.of(record))
                output.count { $0.add(record) }
            }
        }
    }

    /// A line for all bytes that are there, in the order of their digests. What an interrupted transfer left goes.
    func blobs(_ output: inout ExportFolder) throws {
        let root = folder.appending(path: "blobs")
        let files = FileManager.default
        for group in try files.names(in: root) where group.utf8.count == 2 {
            for name in try files.names(in: root.appending(path: group)) {
                let file = root.appending(path: group).appending(path: name)
                guard let digest = BlobDigest(name) else {
                    try files.removeItem(at: file)
                    continue
                }
                let size = (try files.attributesOfItem(atPath: file.path)[.size] as? NSNumber)?.int64Value ?? 0
                try output.write(try ExportLine.of(ExportedBlob(digest: digest.description, size: size)))
                output.count { $0.add(blob: digest.description, size: size) }
            }
        }
    }

    /// Goes through the lines of the kinds from the place on.
    private func owners(
        _ kinds: [ExportKind], _ output: inout ExportFolder,
        _ body: (ExportLine.Owner, inout ExportFolder) async throws -> Void
    ) async throws {
        let total = max(1, kinds.flatMap { output.files(of: $0) }.reduce(0) { $0 + $1.bytes })
        while let file = output.ownerFile(kinds) {
            let before = kinds.flatMap { output.files(of: $0) }.prefix(output.progress.place.file).reduce(0) { $0 + $1.bytes }
            var lines = try LineFile(folder.appending(path: file.path), from: output.progress.place.offset)
            while let line = try lines.next() {
                try await body(try JSONDecoder().decode(ExportLine.Owner.self, from: line), &output)
                try output.reach(ExportProgress.Place(file: output.progress.place.file, offset: lines.offset))
                told(output, share: Double(before + Int64(lines.offset)) / Double(total))
            }
            try lines.close()
            try output.reach(ExportProgress.Place(file: output.progress.place.file + 1))
        }
    }

    /// Has the bytes with this digest in the folder; nothing is fetched that is there.
    private func fetch(_ digest: String, _ path: String, _ query: [String: String]) async throws {
        guard let place = ExportLayout.blob(digest) else {
            throw Problem(
                .internal, "client.answer.unexpected", "The server's answer is not understood.", why: "'\(digest.printable)' is no digest.")
        }
        let file = folder.appending(path: place)
        guard !FileManager.default.fileExists(atPath: file.path) else { return }
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        _ = try await client.download("/api/v1/exports/" + path, query, to: file)
        let found = try LineFile.digest(of: file).sha256
        guard digest == "sha256:" + found else {
            try FileManager.default.removeItem(at: file)
            throw Problem(
                .unavailable, "export.blob.differs", "Bytes came that are not those with the digest \(digest).",
                why: "Theirs is sha256:\(found). The transfer broke, or the file was replaced meanwhile.",
                fix: "Run the same command again.")
        }
    }
}

extension ExportFolder {
    /// The file of owners at the place; nil when all have been gone through.
    func ownerFile(_ kinds: [ExportKind]) -> ExportFile? {
        let files = kinds.flatMap { self.files(of: $0) }
        return progress.place.file < files.count ? files[progress.place.file] : nil
    }
}

extension FileManager {
    /// Sorted; none when there is no such folder.
    fileprivate func names(in folder: URL) throws -> [String] {
        guard fileExists(atPath: folder.path) else { return [] }
        return try contentsOfDirectory(atPath: folder.path).sorted()
    }
}
