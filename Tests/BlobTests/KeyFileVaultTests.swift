// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Testing

@Suite("Key file")
struct KeyFileVaultTests {
    private let folder = BlobWorld.newFolder()
    private var path: String { folder + "/secrets/keys.json" }

    @Test("is made at the first start, for its owner alone, and found again")
    func firstStart() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let vault = try KeyFileVault(path: path)
        #expect(vault.isNew)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let again = try KeyFileVault(path: path)
        #expect(!again.isNew)
        #expect(try await again.currentKeyID == vault.currentKeyID)
        let key = SymmetricKey(size: .bits256)
        #expect(try await again.unwrap(vault.wrap(key, context: [1]), context: [1]) == key)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/secrets").sorted() == ["keys.json", "keys.json.lock"])
    }

    @Test("is refused when others may use it", arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
    func exposed(mode: Int) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try KeyFileVault(path: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let refused = await problem { _ = try KeyFileVault(path: path) }
        #expect(refused?.code == "key.file.exposed")
        #expect(refused?.fix == "chmod 600 '\(path)'")
    }

    @Test("is refused when it belongs to another user", .enabled(if: geteuid() == 0, "Only root can give a file away."))
    func foreignOwner() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try KeyFileVault(path: path)
        #expect(chown(path, 12345, 12345) == 0)
        #expect(await problem { _ = try KeyFileVault(path: path) }?.code == "key.file.foreign")
    }

    @Test("is refused when it is damaged, a folder or a link", arguments: ["", "{}", "[1", "damage"])
    func malformed(text: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try KeyFileVault(path: path)
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        let content = text == "damage" ? whole.replacingOccurrences(of: "\"current\" : \"k", with: "\"current\" : \"x") : text
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(await problem { _ = try KeyFileVault(path: path) }?.code == "key.file.malformed")
        #expect(await problem { _ = try KeyFileVault(path: folder + "/secrets") }?.code == "key.file.irregular")
        try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: path)
        #expect(await problem { _ = try KeyFileVault(path: folder + "/link") }?.code == "key.storage.linked")
    }

    @Test("rotation makes a new current key; the older ones go on unwrapping, also in another process")
    func rotation() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let vault = try KeyFileVault(path: path)
        let other = try KeyFileVault(path: path)
        let key = SymmetricKey(size: .bits256)
        let old = try await vault.wrap(key, context: [1])
        let secret = try await vault.secret(for: "tokens")
        let id = try await vault.rotate()
        #expect(try await vault.currentKeyID == id)
        #expect(id != old.keyID)
        let new = try await vault.wrap(key, context: [1])
        #expect(new.keyID == id)
        // `other` read the file before the rotation.
        for wrapped in [old, new] {
            #expect(try await vault.unwrap(wrapped, context: [1]) == key)
            #expect(try await other.unwrap(wrapped, context: [1]) == key)
        }
        #expect(try await vault.secret(for: "tokens") == secret)
        #expect(try await KeyFileVault(path: path).secret(for: "tokens") == secret)
    }

    @Test("rotations at once lose no key")
    func concurrentRotations() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = path
        _ = try KeyFileVault(path: path)
        let key = SymmetricKey(size: .bits256)
        let wrapped = try await withThrowingTaskGroup(of: WrappedKey.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let vault = try KeyFileVault(path: path)
                    _ = try await vault.rotate()
                    return try await vault.wrap(key, context: [])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(wrapped.map(\.keyID)).count == 8)
        let vault = try KeyFileVault(path: path)
        for each in wrapped { #expect(try await vault.unwrap(each, context: []) == key) }
    }

    @Test("a wrapped key opens with its own context and key id only")
    func binding() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let vault = try KeyFileVault(path: path)
        let wrapped = try await vault.wrap(SymmetricKey(size: .bits256), context: [1, 2])
        let second = try await vault.rotate()
        var cases: [(WrappedKey, [UInt8])] = [
            (wrapped, [1]), (wrapped, []), (WrappedKey(keyID: second, bytes: wrapped.bytes), [1, 2]),
            (WrappedKey(keyID: "unknown", bytes: wrapped.bytes), [1, 2]), (WrappedKey(keyID: wrapped.keyID, bytes: []), [1, 2]),
        ]
        for index in wrapped.bytes.indices {
            var bytes = wrapped.bytes
            bytes[index] ^= 1
            cases.append((WrappedKey(keyID: wrapped.keyID, bytes: bytes), [1, 2]))
            cases.append((WrappedKey(keyID: wrapped.keyID, bytes: Array(wrapped.bytes[..<index])), [1, 2]))
        }
        for (key, context) in cases {
            let refused = await problem { _ = try await vault.unwrap(key, context: context) }
            #expect(refused?.code == "key.unwrap.failed")
        }
    }

    @Test("secrets differ by purpose and by key file")
    func purposes() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let vault = try KeyFileVault(path: path)
        let other = try KeyFileVault(path: folder + "/other.json")
        let one = try await vault.secret(for: "one")
        #expect(one.bitCount == 256)
        #expect(try await vault.secret(for: "two") != one)
        #expect(try await other.secret(for: "one") != one)
    }

    @Test("rotating a key file that is gone is refused, because its keys would be lost")
    func missing() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let vault = try KeyFileVault(path: path)
        try FileManager.default.removeItem(atPath: path)
        #expect(await problem { _ = try await vault.rotate() }?.code == "key.file.missing")
    }

    @Test("another vault's file in the place of this one is not taken up")
    func replaced() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let vault = try KeyFileVault(path: path)
        let foreign = try await KeyFileVault(path: folder + "/other.json").wrap(SymmetricKey(size: .bits256), context: [])
        let before = try await vault.currentKeyID
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: folder + "/other.json", toPath: path)
        #expect(await problem { _ = try await vault.unwrap(foreign, context: []) }?.code == "key.file.replaced")
        #expect(await problem { _ = try await vault.rotate() }?.code == "key.file.replaced")
        #expect(try await vault.currentKeyID == before)
    }
}
