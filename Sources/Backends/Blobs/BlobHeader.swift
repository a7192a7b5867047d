// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// The first 64 bytes of a blob file: what a reader needs, besides the data key, to derive the blob's other keys.
///
/// Byte by byte in `docs/blob-format.md`. Its SHA-256 goes into every derivation and into the wrapping of the data key, so
/// that a changed header fails everywhere.
struct BlobHeader: Equatable, Sendable {
    static let byteCount = 64
    static let magic = Array("DHOWBLOB".utf8)
    private static let fixed: [UInt8] = magic + [1, 1, UInt8(SegmentedCipher.segmentSizeLog2), 0]

    /// 32 bytes, random for each blob.
    let salt: [UInt8]
    /// 7 bytes, random for each blob.
    let noncePrefix: [UInt8]

    init(salt: [UInt8], noncePrefix: [UInt8]) {
        precondition(salt.count == 32 && noncePrefix.count == 7, "A header has 32 bytes of salt and 7 of nonce prefix.")
        self.salt = salt
        self.noncePrefix = noncePrefix
    }

    static func random() -> BlobHeader {
        var generator = SystemRandomNumberGenerator()
        return BlobHeader(salt: generator.bytes(32), noncePrefix: generator.bytes(7))
    }

    /// Nil unless `bytes` are exactly a header of this version.
    init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == Self.byteCount, bytes.starts(with: Self.fixed), bytes[51...].allSatisfy({ $0 == 0 }) else { return nil }
        self.init(salt: Array(bytes[12..<44]), noncePrefix: Array(bytes[44..<51]))
    }

    var bytes: [UInt8] { Self.fixed + salt + noncePrefix + [UInt8](repeating: 0, count: 13) }

    /// What the wrapping of the data key is bound to.
    var keyContext: [UInt8] { Array("dhow.blob.v1.key".utf8) + SHA256.hash(data: bytes) }

    func key(_ purpose: String, from dataKey: SymmetricKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: dataKey, salt: salt, info: Array("dhow.blob.v1.\(purpose)".utf8) + SHA256.hash(data: bytes),
            outputByteCount: 32)
    }
}

extension RandomNumberGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
