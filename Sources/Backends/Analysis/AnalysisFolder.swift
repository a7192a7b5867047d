// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// A private folder for the files of one analysis, which are readable there as long as it lasts and no longer.
///
/// What a crash left behind is removed by `removeLeftovers(in:)` when the next server starts.
package struct AnalysisFolder: Sendable {
    package let path: String

    /// - Parameters:
    ///   - root: Made when missing, readable by its owner only.
    ///   - name: Another for every analysis, such as an identifier.
    package init(in root: String, named name: String) throws {
        path = "\(root)/\(name)"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Self.unwritable(error.localizedDescription)
        }
    }

    /// Gives `body` a folder and removes it afterwards, also when the task is cancelled.
    package static func with<Result>(
        in root: String, named name: String, _ body: (AnalysisFolder) async throws -> Result
    ) async throws -> Result {
        let folder = try AnalysisFolder(in: root, named: name)
        defer { folder.remove() }
        return try await body(folder)
    }

    /// Writes bytes as they come to a file that only its owner reads.
    package func receive(_ bytes: any AsyncSequence<[UInt8], any Error> & Sendable, as name: String) async throws {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.unwritable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        for try await chunk in bytes { try Self.write(chunk, to: descriptor) }
    }

    /// Copies a file of this machine.
    package func receive(file: String, as name: String) throws {
        do {
            try FileManager.default.copyItem(atPath: URL(filePath: file).resolvingSymlinksInPath().path, toPath: "\(path)/\(name)")
        } catch {
            throw Problem(
                .notFound, "analysis.file.unknown", "'\(file.printable)' cannot be read.", why: error.localizedDescription,
                fix: "Check the path.")
        }
    }

    package func write(_ text: String, as name: String) throws {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.unwritable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        try Self.write(Array(text.utf8), to: descriptor)
    }

    /// Up to `limit` bytes of a file; nil when it is not there.
    package func read(_ name: String, limit: Int) -> [UInt8]? {
        guard let handle = FileHandle(forReadingAtPath: "\(path)/\(name)") else { return nil }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: limit)).map { $0.map(Array.init) ?? [] }
    }

    package func size(of name: String) -> Int64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }

    package func remove(_ name: String) {
        try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    package func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Removes what a process that is gone left in `root`.
    ///
    /// - Parameter isOurs: Whether no other process uses `root`; else only what is older than a day, and so than any check, is removed.
    package static func removeLeftovers(in root: String, isOurs: Bool) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            let path = "\(root)/\(name)"
            let made = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
            guard isOurs || made.map({ $0.timeIntervalSinceNow < -86_400 }) == true else { continue }
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        try bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let written = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw unwritable(String(cString: strerror(errno))) }
                done += written
            }
        }
    }

    private static func unwritable(_ why: String) -> Problem {
        Problem(.storageFull, "analysis.folder.unwritable", "The files to analyse cannot be put on the disk.", why: why)
    }
}
