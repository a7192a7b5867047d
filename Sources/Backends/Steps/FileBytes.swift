// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Small files read and written whole.
enum FileBytes {
    /// Up to `limit` bytes from `offset`; nil when the file cannot be opened.
    static func read(_ path: String, from offset: Int64 = 0, limit: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return read(descriptor, from: offset, limit: limit)
    }

    static func read(_ descriptor: Int32, from offset: Int64, limit: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let taken = pread(descriptor, buffer.baseAddress?.advanced(by: count), limit - count, off_t(offset) + off_t(count))
                if taken < 0, errno == EINTR { continue }
                guard taken > 0 else { return }
                count += taken
            }
        }
    }

    /// Writes `text` as the whole of a new file; false when there is such a file already or the disk is full.
    static func create(_ path: String, _ text: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return bytes.isEmpty || write(descriptor, bytes, bytes.count) == bytes.count
    }

    /// Writes `text` into a file that is there, in one write, as settings of the kernel are made.
    static func set(_ path: String, _ text: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return write(descriptor, bytes, bytes.count) == bytes.count
    }
}
