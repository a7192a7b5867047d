// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The files of an export that is being written, and how far it has come.
///
/// What was written after the last `commit` is written anew after a crash: files are cut back to what the progress says of them.
struct ExportFolder {
    /// Lines and bytes after which another file is begun.
    static let longestFile: (lines: Int64, bytes: Int64) = (100_000, 64 << 20)
    private static let bufferSize = 256 << 10

    let folder: URL
    private(set) var progress: ExportProgress
    private var handle: FileHandle?
    private var buffer = Data()
    private var unsaved: Int64 = 0
    private var saved = ContinuousClock.now

    /// Goes on with what the folder holds, or begins in an empty one.
    ///
    /// - Throws: `Problem` `.conflict` when it holds something else.
    init(_ folder: URL, _ fresh: ExportProgress) throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        if names.contains(ExportLayout.manifest) {
            throw Problem(
                .conflict, "export.folder.finished", "'\(folder.path)' holds a finished export.", fix: "Export into another folder.")
        }
        guard names.contains(ExportLayout.progress) else {
            guard names.isEmpty else {
                throw Problem(
                    .conflict, "export.folder.occupied", "'\(folder.path)' is not empty and holds no export.",
                    fix: "Export into another folder.")
            }
            progress = fresh
            try commit()
            return
        }
        progress = try JSONDecoder().decode(ExportProgress.self, from: try Data(contentsOf: folder.appending(path: ExportLayout.progress)))
        guard progress.source == fresh.source, progress.selection == fresh.selection else {
            throw Problem(
                .conflict, "export.folder.other", "An export of something else into '\(folder.path)' broke off.",
                why: "It was of \(progress.source.printable).", fix: "Give the same server and names, or export into another folder.")
        }
        try open()
    }

    /// Appends a line of the kind that is being written.
    mutating func write(_ line: Data) throws {
        if let file = progress.open, file.lines >= Self.longestFile.lines || file.bytes >= Self.longestFile.bytes { try closeFile() }
        if progress.open == nil {
            let number = progress.files.count { $0.kind == progress.kind } + 1
            progress.open = ExportProgress.OpenFile(path: progress.kind.path(number), lines: 0, bytes: 0)
            try open()
        }
        buffer.append(line)
        buffer.append(10)
        progress.open?.lines += 1
        progress.open?.bytes += Int64(line.count) + 1
        unsaved += 1
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Where the walk is after what was written; saved now and then.
    mutating func reach(_ place: ExportProgress.Place) throws {
        progress.place = place
        if unsaved >= 5_000 || ContinuousClock.now - saved > .milliseconds(200) { try commit() }
    }

    mutating func count(_ body: (inout Tally) -> Void) {
        body(&progress.tally)
    }

    /// Ends the kind that was written and begins the next.
    ///
    /// - Returns: False when there is none.
    mutating func nextKind() throws -> Bool {
        try closeFile()
        guard let index = ExportKind.allCases.firstIndex(of: progress.kind), index + 1 < ExportKind.allCases.count else {
            try commit()
            return false
        }
        progress.kind = ExportKind.allCases[index + 1]
        progress.place = ExportProgress.Place()
        try commit()
        return true
    }

    /// Writes the manifest, with which the export has finished.
    mutating func finish(at time: Int64) throws -> ExportManifest {
        let contents = progress.tally.kinds.mapValues { ExportManifest.Content(count: $0.count, digest: $0.digest) }
        let manifest = ExportManifest(
            source: progress.source, begun: progress.begun, finished: time, selection: progress.selection, files: progress.files,
            contents: contents)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try (try encoder.encode(manifest) + Data([10])).write(to: folder.appending(path: ExportLayout.manifest), options: .atomic)
        try FileManager.default.removeItem(at: folder.appending(path: ExportLayout.progress))
        return manifest
    }

    /// Finished files of a kind, in order.
    func files(of kind: ExportKind) -> [ExportFile] { progress.files.filter { $0.kind == kind } }

    private mutating func commit() throws {
        try flush()
        // The progress never says more than what is on the disk.
        if unsaved > 0 { try handle?.synchronize() }
        let data = try JSONEncoder().encode(progress)
        try data.write(to: folder.appending(path: ExportLayout.progress), options: .atomic)
        unsaved = 0
        saved = ContinuousClock.now
    }

    private mutating func flush() throws {
        guard !buffer.isEmpty else { return }
        try handle?.write(contentsOf: buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func open() throws {
        guard let file = progress.open else { return }
        let url = folder.appending(path: file.path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        guard FileManager.default.fileExists(atPath: url.path) || FileManager.default.createFile(atPath: url.path, contents: nil) else {
            throw Problem(.invalid, "export.file.unwritable", "'\(url.path)' cannot be written.", fix: "Export into another folder.")
        }
        let handle = try FileHandle(forWritingTo: url)
        guard try handle.seekToEnd() >= UInt64(file.bytes) else {
            throw Problem(
                .conflict, "export.folder.damaged", "'\(url.path)' is shorter than what was written to it.",
                why: "Something else changed it.", fix: "Export into another folder.")
        }
        try handle.truncate(atOffset: UInt64(file.bytes))
        self.handle = handle
    }

    /// Saves nothing: the lines may go beyond the place that was reached.
    private mutating func closeFile() throws {
        guard let file = progress.open else { return }
        try flush()
        try handle?.synchronize()
        try handle?.close()
        handle = nil
        let digest = try LineFile.digest(of: folder.appending(path: file.path))
        progress.files.append(
            ExportFile(kind: progress.kind, path: file.path, lines: file.lines, bytes: digest.bytes, sha256: digest.sha256))
        progress.open = nil
    }
}

/// How far an export has come: `progress.json` while it has not finished.
struct ExportProgress: Codable, Sendable {
    struct OpenFile: Codable, Sendable {
        var path: String
        var lines: Int64
        var bytes: Int64
    }

    /// Where the walk over the kind that is written is.
    struct Place: Codable, Sendable {
        /// Which of the selected experiments, from 0.
        var group = 0
        /// The page of the server that follows; nil for the first.
        var after: String?
        /// Which of the files that name the owners, and where in it the next owner stands.
        var file = 0
        var offset: UInt64 = 0
    }

    var source: String
    var selection: ExportSelection
    var begun: Int64
    var kind = ExportKind.experiments
    var place = Place()
    var files: [ExportFile] = []
    var open: OpenFile?
    var tally = Tally()
}
