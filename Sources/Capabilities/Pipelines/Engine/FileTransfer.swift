// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// Bytes between blobs and a step's folder, streamed.
struct FileTransfer: Sendable {
    /// Largest output of a step: 64 GiB.
    static let largestOutput: Int64 = 64 << 30
    static let mostFiles = 10_000
    let blobs: any BlobStore

    func write(_ digest: BlobDigest, to path: String) async throws {
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        for try await chunk in try await blobs.get(digest, range: nil).bytes {
            var written = 0
            while written < chunk.count {
                let count = chunk.withUnsafeBytes {
                    Foundation.write(descriptor, $0.baseAddress?.advanced(by: written), chunk.count - written)
                }
                guard count > 0 else { throw Self.failure(path) }
                written += count
            }
        }
    }

    /// What a step left at `path`: a file, or a folder without links.
    func take(_ path: String, output name: String) async throws -> StepOutput {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Problem(
                .rejected, "pipelines.output.missing", "The step ended well but left no output '\(name)'.",
                fix: "Write it to the path in \(CommandContract.outputVariable(name)).")
        }
        guard isFolder.boolValue else {
            let info = try await put(path, output: name)
            return .file(info.digest, size: info.size)
        }
        var files: [String: BlobDigest] = [:]
        for file in try FileManager.default.subpathsOfDirectory(atPath: path).sorted() {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + file)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            guard files.count < Self.mostFiles else {
                throw Problem(
                    .rejected, "pipelines.output.tooMany", "Output '\(name)' holds more than \(Self.mostFiles) files.",
                    fix: "Pack them into one.")
            }
            files[file] = try await put(path + "/" + file, output: name).digest
        }
        return .folder(files)
    }

    func put(_ path: String, output name: String) async throws -> BlobInfo {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            throw Problem(
                .rejected, "pipelines.output.unreadable", "Output '\(name)' cannot be read.", why: String(cString: strerror(errno)),
                fix: "Leave a regular file.")
        }
        return try await blobs.put(
            FileChunks(handle: FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)), limit: Self.largestOutput)
    }

    private static func failure(_ path: String) -> Problem {
        let reason = errno
        return Problem(
            reason == ENOSPC ? .storageFull : .unavailable, "pipelines.folder.unwritable", "A file of a step cannot be written.",
            why: String(cString: strerror(reason)))
    }
}

/// A file in pieces of 256 KiB.
private struct FileChunks: AsyncSequence, Sendable {
    let handle: FileHandle

    struct AsyncIterator: AsyncIteratorProtocol {
        let handle: FileHandle

        mutating func next() async throws -> [UInt8]? {
            guard let data = try handle.read(upToCount: 256 << 10), !data.isEmpty else { return nil }
            return [UInt8](data)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }
}
