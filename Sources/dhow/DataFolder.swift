// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The folder an installation lives in, used by one server process at a time unless the database is shared.
struct DataFolder: Sendable {
    let path: String

    init(creating path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Problem(
                .unavailable, "storage.folder.unusable", "The data folder '\(path)' cannot be made.", why: error.localizedDescription,
                fix: "Choose a folder you may write: --data DIR.")
        }
    }

    var keyFile: String { path + "/keys.json" }
    var checkpointFile: String { path + "/checkpoint" }
    var adminTokenFile: String { path + "/admin-token" }
    /// The address of the running server, for command lines on this machine.
    var addressFile: String { path + "/address" }
    var grpcAddressFile: String { path + "/grpc-address" }
    var stepsFolder: String { path + "/steps" }
    /// Files and processes of servers of models.
    var servingFolder: String { path + "/serving" }
    var workFolder: String { path + "/work" }
    /// Files of snapshots while they are analysed.
    var analysisFolder: String { path + "/analysis" }
    /// Python environments of steps, one a lock file.
    var environmentsFolder: String { path + "/environments" }

    /// Writes a file that only its owner can read; a reader sees the old text or the new, never a part.
    func write(_ text: String, to file: String) throws {
        // Of this process alone: replicas that share a folder may write at once.
        let temporary = "\(file).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(file) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0, rename(temporary, file) == 0 else {
            defer { unlink(temporary) }
            throw failure(file)
        }
    }

    private func failure(_ file: String) -> Problem {
        Problem(.unavailable, "storage.file.unwritable", "'\(file)' cannot be written.", why: String(cString: strerror(errno)))
    }
}
