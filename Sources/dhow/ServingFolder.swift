// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// Where this process keeps what its servers of models need while they run. It is held by a lock, so that the next process knows which
/// folders nobody uses any more and removes them.
final class ServingFolder: Sendable {
    let path: String
    private let lock: Int32

    init(beneath parent: String) throws {
        let manager = FileManager.default
        let lock: Int32
        do {
            try manager.createDirectory(atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for name in try manager.contentsOfDirectory(atPath: parent) { Self.removeUnused("\(parent)/\(name)") }
            // Short, because the path of a socket must be.
            path = "\(parent)/\(String(UInt64.random(in: .min ... .max), radix: 36))"
            try manager.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        } catch {
            throw Problem(
                .unavailable, "storage.folder.unusable", "The folder '\(parent)' cannot be written.", why: error.localizedDescription)
        }
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw Problem(
                .unavailable, "storage.folder.unusable", "The folder '\(path)' cannot be locked.", why: String(cString: strerror(errno)))
        }
        self.lock = lock
    }

    deinit { close(lock) }

    private static func removeUnused(_ folder: String) {
        let lock = open(folder + "/lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard lock >= 0 else { return }
        defer { close(lock) }
        if flock(lock, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: folder) }
    }
}
