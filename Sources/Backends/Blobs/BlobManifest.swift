// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

/// What a blob file says of itself, sealed: digest, size and time of the put.
enum BlobManifest {
    static let sealedByteCount = 48 + 16

    static func seal(_ info: BlobInfo, header: BlobHeader, dataKey: SymmetricKey) throws -> [UInt8] {
        let plaintext = info.digest.bytes + info.size.bigEndianBytes + info.time.milliseconds.bigEndianBytes
        let box = try AES.GCM.seal(plaintext, using: header.key("manifest", from: dataKey), nonce: nonce())
        return Array(box.ciphertext + box.tag)
    }

    /// - Throws: When it does not verify, or the size is out of range.
    static func open(_ sealed: [UInt8], header: BlobHeader, dataKey: SymmetricKey) throws -> BlobInfo {
        let box = try AES.GCM.SealedBox(nonce: nonce(), ciphertext: sealed.dropLast(16), tag: sealed.suffix(16))
        let plaintext = Array(try AES.GCM.open(box, using: header.key("manifest", from: dataKey)))
        guard plaintext.count == 48, let size = Int64(bigEndianBytes: plaintext[32..<40]), (0...SegmentedCipher.mostBytes).contains(size),
            let time = Int64(bigEndianBytes: plaintext[40..<48])
        else { throw CryptoKitError.incorrectParameterSize }
        return BlobInfo(digest: BlobDigest(sha256: plaintext[..<32]), size: size, time: Timestamp(milliseconds: time))
    }

    /// All zero: the manifest key belongs to one blob and seals one message.
    private static func nonce() throws -> AES.GCM.Nonce {
        try AES.GCM.Nonce(data: [UInt8](repeating: 0, count: 12))
    }
}
