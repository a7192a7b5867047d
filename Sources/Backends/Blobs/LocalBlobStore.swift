// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

/// Blobs as encrypted files in a folder that several processes may share.
///
/// A file's name is an HMAC of the digest: who reads the disk learns sizes and times of change, not which bytes are stored.
/// A put always writes a new file and moves it over an older one of the same bytes, which heals a damaged blob, renews its
/// time, and lets a collection see that the file it judged is gone. Layout and format: `docs/blob-format.md`.
package struct LocalBlobStore: BlobStore {
    let blobs: OpenedFolder
    let vault: any KeyVault
    let executor: FileExecutor
    private let root: OpenedFolder
    private let incoming: OpenedFolder
    private let clock: any WallClock
    private let nameKey: SymmetricKey

    /// Opens the store, or makes it (folders 0700, files 0600), and removes what interrupted puts left.
    ///
    /// - Parameters:
    ///   - folder: Path chosen by the operator; it may lead through links, what lies beneath may not.
    ///   - width: Most file operations at a time.
    /// - Throws: `Problem` `.unavailable` `blob.store.foreign` when the folder was made with other keys.
    package init(folder: String, vault: any KeyVault, clock: any WallClock = SystemWallClock(), width: Int = 8) async throws {
        let nameKey = try await vault.secret(for: "blob.names")
        do {
            root = try OpenedFolder(path: folder, creating: true)
            incoming = try root.folder("incoming", creating: true)
            try IncomingFile.removeLeftovers(in: incoming)
            try Self.checkOwnership(of: root, incoming, nameKey)
            blobs = try root.folder("blobs", creating: true)
        } catch let failure as FileFailure {
            throw failure.problem(of: "blob", "The blob folder cannot be opened.")
        }
        self.vault = vault
        self.clock = clock
        self.nameKey = nameKey
        executor = FileExecutor(width: width)
    }

    package func put(_ bytes: some AsyncSequence<[UInt8], any Error> & Sendable, limit: Int64) async throws -> BlobInfo {
        try await working("The blob could not be stored.") {
            let part = try IncomingFile(in: incoming)
            defer { part.discard() }
            var writer = BlobWriter(file: part.file)
            for try await chunk in bytes {
                try Task.checkCancellation()
                try writer.append(chunk, limit: limit)
            }
            try Task.checkCancellation()
            let (digest, size) = try writer.finish()
            let info = BlobInfo(digest: digest, size: size, time: clock.now())
            try writer.seal(info, key: await vault.wrap(writer.dataKey, context: writer.header.keyContext))
            try Task.checkCancellation()
            let name = name(of: digest)
            let folder = try locked {
                let folder = try self.folder(of: name, creating: true)
                try incoming.rename(part.name, into: folder, as: name)
                return folder
            }
            try folder.sync()
            return info
        }
    }

    /// - Throws: `Problem` `.notFound` `blob.digest.unknown`; `.internal` `blob.content.corrupt` when already the header does not verify.
    package func get(_ digest: BlobDigest, range: Range<Int64>?) async throws -> BlobContent {
        guard let blob = try await opened(digest) else {
            throw Problem(.notFound, "blob.digest.unknown", "No blob \(digest) is stored.", fix: "Upload it, or check the digest.")
        }
        let whole = 0..<blob.info.size
        let clamped = range?.clamped(to: whole) ?? whole
        return BlobContent(info: blob.info, range: clamped, bytes: BlobSegments(blob: blob, range: clamped, executor: executor))
    }

    /// - Throws: `Problem` `.internal` `blob.content.corrupt`.
    package func info(_ digest: BlobDigest) async throws -> BlobInfo? {
        try await opened(digest)?.info
    }

    package func delete(_ digest: BlobDigest) async throws {
        try await working("Blob \(digest) could not be deleted.") {
            let name = name(of: digest)
            try remove(name) { true }
        }
    }

    private func opened(_ digest: BlobDigest) async throws -> OpenedBlob? {
        try await working("Blob \(digest) could not be read.") {
            do {
                let name = name(of: digest)
                let blob = try await OpenedBlob.open(folder(of: name, creating: false).file(name, O_RDONLY), vault: vault)
                guard blob.info.digest == digest else { throw BlobDamage() }
                return blob
            } catch let failure as FileFailure where failure.isAbsence {
                return nil
            } catch is BlobDamage {
                throw BlobDamage.problem(digest)
            }
        }
    }

    /// 64 hexadecimal digits that tell nothing of the digest without the vault.
    func name(of digest: BlobDigest) -> String {
        HMAC<SHA256>.authenticationCode(for: digest.bytes, using: nameKey).lowercaseHexadecimal
    }

    func folder(of name: String, creating: Bool) throws -> OpenedFolder {
        try blobs.folder(String(name.prefix(2)), creating: creating).folder(String(name.dropFirst(2).prefix(2)), creating: creating)
    }

    /// Removes the file if `condition` holds while no put can move another one there.
    ///
    /// - Returns: False when there was none, or the condition did not hold.
    @discardableResult
    func remove(_ name: String, if condition: () throws -> Bool) throws -> Bool {
        do {
            let folder = try folder(of: name, creating: false)
            guard try locked({ try condition() && folder.unlink(name) }) else { return false }
            try folder.sync()
            return true
        } catch let failure as FileFailure where failure.isAbsence {
            return false
        }
    }

    /// One at a time, across tasks and processes; never held while waiting for anything but the disk.
    private func locked<Result>(_ body: () throws -> Result) throws -> Result {
        let lock = try root.file("lock", O_RDWR | O_CREAT)
        try lock.lock()
        return try withExtendedLifetime(lock, body)
    }

    /// Runs on the store's own threads and translates failures of the system.
    func working<Result: Sendable>(_ what: String, _ body: @Sendable () async throws -> Result) async throws -> Result {
        do {
            return try await executor.run(body)
        } catch let failure as FileFailure {
            throw failure.problem(of: "blob", what)
        }
    }
}

extension LocalBlobStore: Redacted {}
