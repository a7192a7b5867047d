// SPDX-License-Identifier: Apache-2.0

package import Crypto
import Domain
import Synchronization

/// Key-encryption keys in a file that only its owner can read; made at the first start.
///
/// Whoever has this file and the data folder can read everything, and without it nothing can be read: back it up apart from
/// the data. A key wraps with random 96-bit nonces, hence rotate it before 2^32 wrappings (NIST SP 800-38D, 8.3).
package final class KeyFileVault: KeyVault {
    private let file: KeyFile
    private let clock: any WallClock
    private let ring: Mutex<KeyRing>
    /// Whether this call made the file; data encrypted earlier then cannot be read.
    package let isNew: Bool

    /// - Throws: `Problem` `.invalid` `key.file.exposed`, `.foreign`, `.irregular` or `.malformed`; `.storageFull`; `.unavailable`.
    package init(path: String, clock: any WallClock = SystemWallClock()) throws {
        self.clock = clock
        var made = false
        let found: KeyRing
        (file, found) = try Self.translating {
            let file = try KeyFile(path: path)
            if let ring = try file.read() { return (file, ring) }
            var ring = KeyRing(at: clock.now())
            try file.update { present in
                // Another process may have been quicker.
                if let present {
                    ring = present
                    return nil
                }
                made = true
                return ring
            }
            return (file, ring)
        }
        ring = Mutex(found)
        isNew = made
    }

    package func wrap(_ dataKey: SymmetricKey, context: [UInt8]) async throws -> WrappedKey {
        let current = ring.withLock { $0.current }
        let box = try AES.GCM.seal(
            dataKey.withUnsafeBytes { Array($0) }, using: current.key, authenticating: Self.associatedData(context, current.id))
        return WrappedKey(keyID: current.id, bytes: [1] + box.nonce + box.ciphertext + box.tag)
    }

    package func unwrap(_ key: WrappedKey, context: [UInt8]) async throws -> SymmetricKey {
        guard let wrapping = try ring.withLock({ $0.key(key.keyID) }) ?? reread().key(key.keyID) else {
            throw Self.unwrapFailure("The key file has no key '\(key.keyID)'.")
        }
        guard key.bytes.count > 29, key.bytes[0] == 1,
            let box = try? AES.GCM.SealedBox(combined: key.bytes[1...]),
            let dataKey = try? AES.GCM.open(box, using: wrapping, authenticating: Self.associatedData(context, key.keyID))
        else { throw Self.unwrapFailure("The wrapped key was changed, or belongs to something else.") }
        return SymmetricKey(data: dataKey)
    }

    package func secret(for purpose: String) async throws -> SymmetricKey {
        ring.withLock { $0.secret(for: purpose) }
    }

    /// The newest key this process knows of.
    package var currentKeyID: String {
        get async throws { ring.withLock { $0.current.id } }
    }

    package func rotate() async throws -> String {
        let now = clock.now()
        return try Self.translating {
            var rotated: KeyRing?
            try file.update { present in
                guard var next = present else {
                    throw Problem(
                        .unavailable, "key.file.missing", "The key file '\(file.path)' is gone.",
                        fix: "Restore it from a backup before anything else is stored.")
                }
                try checkContinuity(of: next)
                next.rotate(at: now)
                rotated = next
                return next
            }
            return ring.withLock { ring in
                if let rotated { ring = rotated }
                return ring.current.id
            }
        }
    }

    /// Another process may have rotated since the file was read.
    private func reread() throws -> KeyRing {
        let present = try Self.translating { try file.read() }
        if let present { try checkContinuity(of: present) }
        return ring.withLock { ring in
            if let present { ring = present }
            return ring
        }
    }

    /// Refuses a file that lacks keys in use here: it is another vault's, and data would end up under two.
    private func checkContinuity(of present: KeyRing) throws {
        guard ring.withLock({ $0.keys.allSatisfy { present.key($0.id) == $0.key } }) else {
            throw Problem(
                .unavailable, "key.file.replaced", "The key file '\(file.path)' was replaced by another one.",
                why: "It lacks keys that this process uses.",
                fix: "Put the former file back, or restart with a folder that belongs to the new one.")
        }
    }

    /// The context's length stands before it, so that no context and key id can pass for another pair.
    private static func associatedData(_ context: [UInt8], _ keyID: String) -> [UInt8] {
        Array("dhow.key.v1".utf8) + UInt32(context.count).bigEndianBytes + context + Array(keyID.utf8)
    }

    private static func unwrapFailure(_ why: String) -> Problem {
        Problem(
            .internal, "key.unwrap.failed", "A data key could not be unwrapped.", why: why,
            fix: "Check that the key file is the one the data was stored with; restore it from a backup if not.")
    }

    private static func translating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let failure as FileFailure {
            throw failure.problem(of: "key", "The key file could not be read or written.")
        }
    }
}

extension KeyFileVault: Redacted {}
