// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The last signed checkpoint, kept outside the database: what shows that a database was set back.
package struct CheckpointFile: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Nil when there is no file.
    ///
    /// - Throws: `Problem` when the file cannot be read or holds no signed note.
    package func read() throws -> SignedNote? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Problem(
                .unavailable, "ledger.checkpoint.unreadable", "The checkpoint file \(path) cannot be read.",
                why: error.localizedDescription,
                fix: "Make it readable for the account that runs Dhow.")
        }
        guard data.count <= SignedNote.maximumSize, let text = String(validating: data, as: UTF8.self) else {
            throw Problem(.conflict, "ledger.checkpoint.unreadable", "The checkpoint file \(path) is not text.")
        }
        return try SignedNote(parsing: text)
    }

    /// Replaces the file in one step; on return the new one is synced.
    ///
    /// - Throws: `Problem` `.storageFull` or `.unavailable`; the old file then still stands.
    package func write(_ note: SignedNote) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw unwritable(errno) }
        var failure: Int32?
        let bytes = Array(note.description.utf8)
        var written = 0
        while failure == nil, written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { written += count } else if errno != EINTR { failure = errno }
        }
        if failure == nil, fsync(descriptor) != 0 { failure = errno }
        close(descriptor)
        if failure == nil, rename(temporary, path) != 0 { failure = errno }
        if let failure {
            unlink(temporary)
            throw unwritable(failure)
        }
        // The rename itself must survive a power cut.
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private func unwritable(_ code: Int32) -> Problem {
        Problem(
            code == ENOSPC || code == EDQUOT ? .storageFull : .unavailable, "ledger.checkpoint.unwritable",
            "The checkpoint file \(path) cannot be written.", why: String(cString: strerror(code)),
            fix: "Free space, or make its folder writable for the account that runs Dhow.")
    }
}
