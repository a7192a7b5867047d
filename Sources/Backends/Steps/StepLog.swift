// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The log of one attempt, bounded.
///
/// The command writes into the file itself: no pipe, so nothing of ours can block it or break its pipe when we are gone, and no byte
/// is copied. `RLIMIT_FSIZE` would bound the log but also every file the step makes, with a signal. Instead the supervisor cuts the file back
/// once a second when it has grown beyond the limit; the command appends (`O_APPEND`), goes on undisturbed, and what it wrote beyond the limit
/// is dropped. Readers see the first `limit` bytes and a last line that says so. The cost: between two cuts the file may be longer.
struct StepLog {
    let path: String
    let limit: Int64

    /// What a reader sees behind the first `limit` bytes of a longer log.
    var notice: [UInt8] { Array("\ndhow: the log was cut at \(limit) bytes; the step went on.\n".utf8) }

    /// Up to `count` bytes from `offset`; empty at and behind the end.
    func read(from offset: Int64, count: Int) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        guard offset >= 0, count > 0 else { return [] }
        let there = size(of: descriptor)
        var bytes: [UInt8] = []
        if offset < min(limit, there) {
            bytes = FileBytes.read(descriptor, from: offset, limit: Int(min(Int64(count), min(limit, there) - offset)))
        }
        let position = offset + Int64(bytes.count)
        guard bytes.count < count, position >= limit, there > limit else { return bytes }
        return bytes + notice.dropFirst(Int(min(position - limit, Int64(notice.count)))).prefix(count - bytes.count)
    }

    /// Bytes that a reader sees now.
    func size() -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        let there = Int64(status.st_size)
        return there > limit ? limit + Int64(notice.count) : there
    }

    private func size(of descriptor: Int32) -> Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }
}
