// SPDX-License-Identifier: Apache-2.0

import Foundation

/// An open file, closed with the last reference to it. Offsets and counts are bytes; failures are `FileFailure`.
final class OpenedFile: Sendable {
    struct Status {
        var size: Int64
        /// Tells one file from another while both exist.
        var identity: Identity
        var links: Int
        var owner: UInt32
        /// Permission bits only.
        var mode: UInt32
        var isRegular: Bool
    }

    struct Identity: Equatable {
        var device: UInt64
        var inode: UInt64
    }

    private let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Fewer than `count` bytes only at the end of the file.
    func read(at offset: Int64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = try withoutInterruption {
                    pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset) + off_t(filled))
                }
                if got == 0 { break }
                filled += got
            }
        }
    }

    func write(_ bytes: some ContiguousBytes, at offset: Int64) throws {
        try bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                written += try withoutInterruption {
                    pwrite(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written, off_t(offset) + off_t(written))
                }
            }
        }
    }

    /// Returns when the bytes and the size are on the disk.
    func sync() throws {
        try withoutInterruption { fsync(descriptor) }
    }

    func status() throws -> Status {
        var status = stat()
        try withoutInterruption { fstat(descriptor, &status) }
        return Status(status)
    }

    /// Waits for, and takes, the advisory lock of this file; given back when the file is closed.
    func lock() throws {
        try withoutInterruption { flock(descriptor, LOCK_EX) }
    }

    /// False when someone else holds the lock.
    func tryLock() throws -> Bool {
        do {
            try withoutInterruption { flock(descriptor, LOCK_EX | LOCK_NB) }
            return true
        } catch let failure as FileFailure where failure.code == EWOULDBLOCK {
            return false
        }
    }
}

extension OpenedFile.Status {
    init(_ status: stat) {
        size = Int64(status.st_size)
        identity = OpenedFile.Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        links = Int(status.st_nlink)
        owner = status.st_uid
        mode = UInt32(status.st_mode) & 0o7777
        isRegular = UInt32(status.st_mode) & UInt32(S_IFMT) == UInt32(S_IFREG)
    }
}
