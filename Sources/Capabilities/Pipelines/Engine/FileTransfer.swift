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
        let file = try WrittenFile(path)
        for try await chunk in try await blobs.get(digest, range: nil).bytes { try file.write(chunk) }
    }

    /// Lays out what a step has left.
    func place(_ output: StepOutput, at path: String) async throws {
        switch output {
        case .file(let digest, _): try await write(digest, to: path)
        case .folder(let files):
            try WrittenFile.makeFolder(path)
            for (name, digest) in files where RelativePath.isContained(name) { try await write(digest, to: path + "/" + name) }
        case .value(let value): try WrittenFile(path).write(Array(CommandContract.content(value).utf8))
        }
    }

    /// What a step left at `path`: a file, or a folder whose regular files are taken.
    ///
    /// - Throws: `Problem` `.rejected` or `.tooLarge` for what the step did wrong.
    func take(_ path: String, output name: String, of type: OutputSpecification.ValueType) async throws -> StepOutput {
        var information = stat()
        guard lstat(path, &information) == 0 else {
            throw Problem(
                .rejected, "pipelines.output.missing", "The step ended well but left no output '\(name)'.",
                fix: "Write it to the path in \(CommandContract.outputVariable(name)).")
        }
        let isFolder = information.st_mode & S_IFMT == S_IFDIR
        if ([.file, .junit, .sarif].contains(type) && isFolder) || (type == .folder && !isFolder) {
            throw Self.unreadable(name, "It is \(isFolder ? "a folder" : "no folder"), and was declared a \(type.rawValue).")
        }
        if type == .value { return .value(try JSONOutput.read(path, output: name)) }
        guard isFolder else {
            let info = try await put(path, output: name)
            return .file(info.digest, size: info.size)
        }
        let paths = try Result { try FileManager.default.subpathsOfDirectory(atPath: path) }.mapError { error in
            Self.unreadable(name, error.localizedDescription)
        }.get()
        var files: [String: BlobDigest] = [:]
        for file in paths.sorted() {
            guard lstat(path + "/" + file, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { continue }
            guard files.count < Self.mostFiles else {
                throw Problem(
                    .rejected, "pipelines.output.tooMany", "Output '\(name)' holds more than \(Self.mostFiles) files.",
                    fix: "Pack them into one.")
            }
            files[file] = try await put(path + "/" + file, output: name).digest
        }
        return .folder(files)
    }

    private func put(_ path: String, output name: String) async throws -> BlobInfo {
        // A pipe must not be waited for, and a link may lead anywhere.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unreadable(name, String(cString: strerror(errno))) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw Self.unreadable(name, "It is neither a file nor a folder.")
        }
        return try await blobs.put(FileChunks(handle: handle), limit: Self.largestOutput)
    }

    private static func unreadable(_ name: String, _ why: String) -> Problem {
        Problem(
            .rejected, "pipelines.output.unreadable", "Output '\(name)' cannot be read.", why: why,
            fix: "Leave a regular file, or a folder of them.")
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
