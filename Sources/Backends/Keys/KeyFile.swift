// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// A key ring's file: mode 0600, replaced as a whole, changed by one process at a time.
struct KeyFile: Sendable {
    private static let mostBytes = 1 << 20

    private let folder: OpenedFolder
    private let name: String
    let path: String

    init(path: String) throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let name = parts.last, !path.hasSuffix("/"), name != "..", name != "." else {
            throw Problem(.invalid, "key.file.unnamed", "'\(path)' does not name a key file.", fix: "Give the path of a file.")
        }
        let parent = parts.dropLast().joined(separator: "/")
        folder = try OpenedFolder(path: path.hasPrefix("/") ? "/" + parent : parent.isEmpty ? "." : parent, creating: true)
        self.name = String(name)
        self.path = path
    }

    /// Nil when there is no file.
    ///
    /// - Throws: `Problem` `.invalid` when others may read the file or own it, or it is not a key file.
    func read() throws -> KeyRing? {
        let file: OpenedFile
        do {
            file = try folder.file(name, O_RDONLY | O_NONBLOCK)
        } catch let failure as FileFailure where failure.isAbsence {
            return nil
        }
        let status = try file.status()
        guard status.isRegular else {
            throw Problem(.invalid, "key.file.irregular", "'\(path)' is not a regular file.", fix: "Give the path of the key file itself.")
        }
        guard status.owner == geteuid() || status.owner == 0 else {
            throw Problem(
                .invalid, "key.file.foreign", "The key file '\(path)' belongs to another user.",
                why: "Its owner could read and replace the keys.", fix: "chown it to the user that runs the server, or to root.")
        }
        guard status.mode & 0o077 == 0 else {
            throw Problem(
                .invalid, "key.file.exposed", "The key file '\(path)' is open to others.",
                why: "Its mode is 0\(String(status.mode, radix: 8)); only the owner may have access.", fix: "chmod 600 '\(path)'")
        }
        guard status.size <= Self.mostBytes, let ring = KeyRing(json: try file.read(at: 0, count: Int(status.size))) else {
            throw Problem(
                .invalid, "key.file.malformed", "'\(path)' is not a whole key file.",
                why: "It is damaged, or was made by a newer version.",
                fix: "Restore it from a backup; without it nothing encrypted can be read.")
        }
        return ring
    }

    /// Replaces the file by what `change` makes of the present one; when nil is returned, nothing is written.
    func update(_ change: (KeyRing?) throws -> KeyRing?) throws {
        let lock = try folder.file("\(name).lock", O_RDWR | O_CREAT)
        try lock.lock()
        try withExtendedLifetime(lock) {
            if let ring = try change(read()) { try write(ring) }
        }
    }

    private func write(_ ring: KeyRing) throws {
        var generator = SystemRandomNumberGenerator()
        let temporary = ".\(name).\(generator.bytes(8).lowercaseHexadecimal)"
        let file = try folder.file(temporary, O_RDWR | O_CREAT | O_EXCL)
        do {
            try file.write(ring.json(), at: 0)
            try file.sync()
            try folder.rename(temporary, into: folder, as: name)
        } catch {
            _ = try? folder.unlink(temporary)
            throw error
        }
        try folder.sync()
    }
}
