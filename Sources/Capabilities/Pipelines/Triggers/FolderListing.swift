// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

/// A file that was found, and what tells whether it is still the same.
package struct FoundFile: Sendable, Equatable {
    /// Beneath the root.
    package var path: String
    /// Size, times and number of the file.
    package var mark: String
    /// When it last appeared here, was renamed or written, in milliseconds; nobody can set it.
    package var changed: Timestamp
}

/// A file with the content that was read.
package struct ArrivedFile: Sendable, Equatable {
    package var path: String
    /// Where it lies, for steps.
    package var location: String
    package var size: Int64
    package var digest: BlobDigest
}

/// The files of a folder and of those in it. Each is reached by one name from its open parent and no link is followed, so nothing outside
/// the root is ever looked at.
package struct FolderListing: Sendable {
    static let mostFiles = 10_000
    static let deepest = 16
    static let largestFile: Int64 = 64 << 30

    /// The operator's own path, which may lead through links.
    package let root: String

    package init(root: String) {
        self.root = root
    }

    /// - Throws: `Problem` `.exhausted` beyond `mostFiles`, `.unavailable` when the root cannot be read.
    package func files(in folder: String?, matching pattern: SourcePattern) throws -> [FoundFile] {
        guard let parent = try open(folder: folder) else { return [] }
        var found: [FoundFile] = []
        try collect(parent, beneath: "", folder.map { $0 + "/" } ?? "", depth: 0, pattern, &found)
        return found.sorted { $0.path < $1.path }
    }

    /// Reads all of the file; nil when it is gone, or was another before or after.
    ///
    /// - Parameter body: Receives its bytes, piece by piece.
    package func read(_ file: FoundFile, _ body: (UnsafeRawBufferPointer) -> Void = { _ in }) throws -> ArrivedFile? {
        var segments = file.path.split(separator: "/").map(String.init)
        guard let name = segments.popLast(), let parent = try open(folder: segments.isEmpty ? nil : segments.joined(separator: "/")) else {
            return nil
        }
        let descriptor = openat(parent.descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        let handle = Descriptor(descriptor)
        guard let before = Self.status(handle.descriptor), Self.mark(before) == file.mark, before.st_size <= Self.largestFile else {
            return nil
        }
        var hasher = SHA256()
        var size: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            try Task.checkCancellation()
            let count = Foundation.read(handle.descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(bufferPointer: piece)
            body(piece)
            size += Int64(count)
        }
        guard let after = Self.status(handle.descriptor), Self.mark(after) == file.mark, size == before.st_size else { return nil }
        return ArrivedFile(path: file.path, location: "\(root)/\(file.path)", size: size, digest: BlobDigest(sha256: hasher.finalize()))
    }

    private func open(folder: String?) throws -> Descriptor? {
        let descriptor = Foundation.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Problem(
                .unavailable, "pipelines.folder.unreadable", "A watched folder cannot be read.", why: String(cString: strerror(errno)))
        }
        var folderDescriptor = Descriptor(descriptor)
        for segment in folder?.split(separator: "/") ?? [] {
            guard let next = folderDescriptor.folder(String(segment)) else { return nil }
            folderDescriptor = next
        }
        return folderDescriptor
    }

    private func collect(
        _ folder: Descriptor, beneath path: String, _ prefix: String, depth: Int, _ pattern: SourcePattern, _ found: inout [FoundFile]
    ) throws {
        for name in folder.names() where RelativePath.isContained(name) {
            try Task.checkCancellation()
            var status = stat()
            guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let path = path + name
            if status.st_mode & S_IFMT == S_IFDIR {
                guard depth < Self.deepest, pattern.text.contains("/"), let next = folder.folder(name) else { continue }
                try collect(next, beneath: path + "/", prefix, depth: depth + 1, pattern, &found)
            } else if status.st_mode & S_IFMT == S_IFREG, pattern.matches(path) {
                guard found.count < Self.mostFiles else {
                    throw Problem(
                        .exhausted, "pipelines.folder.full", "A watched folder holds more than \(Self.mostFiles) files that match.",
                        fix: "Move files away that have been dealt with, or narrow the pattern.")
                }
                let changed = Int64(status.st_ctim.tv_sec) * 1000 + Int64(status.st_ctim.tv_nsec) / 1_000_000
                found.append(FoundFile(path: prefix + path, mark: Self.mark(status), changed: Timestamp(milliseconds: changed)))
            }
        }
    }

    private static func status(_ descriptor: Int32) -> stat? {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? status : nil
    }

    private static func mark(_ status: stat) -> String {
        "\(status.st_size) \(status.st_ino) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    }

    /// An open file or folder, closed with the last reference to it.
    private final class Descriptor {
        let descriptor: Int32

        init(_ descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }

        func folder(_ name: String) -> Descriptor? {
            let next = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            return next >= 0 ? Descriptor(next) : nil
        }

        func names() -> [String] {
            let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard own >= 0, let stream = fdopendir(own) else {
                if own >= 0 { close(own) }
                return []
            }
            defer { closedir(stream) }
            var names: [String] = []
            while let entry = readdir(stream), names.count < 4 * FolderListing.mostFiles {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) { String(cString: $0) }
                }
                if name != ".", name != ".." { names.append(name) }
            }
            return names.sorted()
        }
    }
}
