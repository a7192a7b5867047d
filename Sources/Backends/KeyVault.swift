// SPDX-License-Identifier: Apache-2.0

package import Crypto

/// Holds key-encryption keys and never gives them out. Implementation: `KeyFileVault`.
package protocol KeyVault: Sendable {
    /// Wraps a data key under the current key-encryption key; `context` is authenticated and must be given again to unwrap.
    func wrap(_ dataKey: SymmetricKey, context: [UInt8]) async throws -> WrappedKey

    /// - Throws: `Problem` `.internal` `key.unwrap.failed` when the key is unknown or the context differs.
    func unwrap(_ key: WrappedKey, context: [UInt8]) async throws -> SymmetricKey

    /// 32 bytes that belong to `purpose` alone and survive rotation.
    func secret(for purpose: String) async throws -> SymmetricKey

    var currentKeyID: String { get async throws }

    /// Makes a new current key-encryption key; older ones go on unwrapping.
    func rotate() async throws -> String
}

package struct WrappedKey: Sendable, Equatable {
    package var keyID: String
    package var bytes: [UInt8]

    package init(keyID: String, bytes: [UInt8]) {
        self.keyID = keyID
        self.bytes = bytes
    }
}
