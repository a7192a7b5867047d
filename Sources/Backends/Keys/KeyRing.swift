// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

/// The content of a key file: key-encryption keys, newest last, and the seed of the purposes.
struct KeyRing: Sendable {
    struct Key: Sendable, Redacted {
        var id: String
        var created: Timestamp
        var key: SymmetricKey
    }

    static let format = "dhow-keys-1"

    private(set) var keys: [Key]
    private(set) var current: Key
    private let seed: SymmetricKey

    /// With one key and a fresh seed.
    init(at time: Timestamp) {
        current = Key.random(at: time)
        keys = [current]
        seed = SymmetricKey(size: .bits256)
    }

    func key(_ id: String) -> SymmetricKey? {
        keys.first { $0.id == id }?.key
    }

    func secret(for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: seed, info: Array("dhow.purpose.v1:\(purpose)".utf8), outputByteCount: 32)
    }

    mutating func rotate(at time: Timestamp) {
        current = Key.random(at: time)
        keys.append(current)
    }
}

extension KeyRing {
    private struct File: Codable {
        struct Key: Codable {
            var id: String
            var created: Timestamp
            var key: Data
        }

        var format: String
        var current: String
        var keys: [Key]
        var seed: Data
    }

    /// Nil unless `json` is a whole key file of this version.
    init?(json: [UInt8]) {
        guard let file = try? JSONDecoder().decode(File.self, from: Data(json)), file.format == Self.format, file.seed.count == 32,
            file.keys.allSatisfy({ $0.key.count == 32 && !$0.id.isEmpty && $0.id.utf8.count <= 64 }),
            Set(file.keys.map(\.id)).count == file.keys.count
        else { return nil }
        keys = file.keys.map { Key(id: $0.id, created: $0.created, key: SymmetricKey(data: $0.key)) }
        guard let current = keys.first(where: { $0.id == file.current }) else { return nil }
        self.current = current
        seed = SymmetricKey(data: file.seed)
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return try encoder.encode(
            File(
                format: Self.format, current: current.id,
                keys: keys.map { File.Key(id: $0.id, created: $0.created, key: $0.key.withUnsafeBytes { Data($0) }) },
                seed: seed.withUnsafeBytes { Data($0) }))
    }
}

extension KeyRing.Key {
    static func random(at time: Timestamp) -> Self {
        var generator = SystemRandomNumberGenerator()
        return Self(id: "k" + generator.bytes(8).lowercaseHexadecimal, created: time, key: SymmetricKey(size: .bits256))
    }
}

extension KeyRing: Redacted {}
