// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// A file being written beside the blobs; gone unless it is moved among them.
///
/// Its writer holds its lock, so that whoever cleans up after a crash can tell a leftover from work in progress.
struct IncomingFile {
    let name: String
    let file: OpenedFile
    private let folder: OpenedFolder

    init(in folder: OpenedFolder) throws {
        while true {
            var generator = SystemRandomNumberGenerator()
            let name = generator.bytes(16).lowercaseHexadecimal + ".part"
            let file = try folder.file(name, O_RDWR | O_CREAT | O_EXCL)
            try file.lock()
            // A cleaner may have taken the lock first and removed the file.
            guard try file.status().links > 0 else { continue }
            self.name = name
            self.file = file
            self.folder = folder
            return
        }
    }

    /// Harmless once the file has been moved. Until here the lock is held.
    func discard() {
        withExtendedLifetime(file) { _ = try? folder.unlink(name) }
    }

    /// Removes what writers that no longer run left behind.
    static func removeLeftovers(in folder: OpenedFolder) throws {
        for name in try folder.names() where name.hasSuffix(".part") {
            do {
                let file = try folder.file(name, O_RDWR)
                if try file.tryLock() { try folder.unlink(name) }
            } catch let failure as FileFailure where failure.isAbsence {
                continue
            }
        }
    }
}
