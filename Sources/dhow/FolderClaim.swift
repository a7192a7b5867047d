// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// A data folder with a database of its own belongs to one server process at a time; the claim ends with the process, however it ends.
final class FolderClaim: Sendable {
    private let descriptor: Int32

    /// - Throws: `Problem` `.conflict` when another process holds the claim.
    init(on folder: DataFolder) throws {
        let file = folder.path + "/lock"
        descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Problem(
                .unavailable, "storage.folder.unusable", "The data folder '\(folder.path)' cannot be written.",
                why: String(cString: strerror(errno)), fix: "Choose a folder you may write: --data DIR.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Problem(
                .conflict, "storage.folder.in-use", "Another server is running on the data folder '\(folder.path)'.",
                why: "With a SQLite database one process serves a folder; a second would not see what the first keeps in memory.",
                fix: "Stop the other one, choose another folder with --data, or use Postgres: several processes may share that.")
        }
    }

    deinit { close(descriptor) }
}
