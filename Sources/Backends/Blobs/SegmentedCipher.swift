// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// AES-256-GCM over segments of 64 KiB in the STREAM construction: a segment's nonce holds its index and whether it is the last.
///
/// A segment out of its place, a missing end and a changed bit all fail; any segment opens without the others.
/// Source: Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015.
struct SegmentedCipher: Sendable {
    static let segmentSizeLog2 = 16
    /// Plaintext bytes of every segment but the last.
    static let segmentSize = 1 << segmentSizeLog2
    static let tagSize = 16
    /// Most plaintext of one blob: 2^32 segments.
    static let mostBytes = Int64(segmentSize) << 32

    private let key: SymmetricKey
    private let noncePrefix: [UInt8]

    init(header: BlobHeader, dataKey: SymmetricKey) {
        key = header.key("segments", from: dataKey)
        noncePrefix = header.noncePrefix
    }

    /// An empty blob has one empty segment; otherwise no segment is empty.
    static func segmentCount(size: Int64) -> Int64 {
        max(1, (size + Int64(segmentSize) - 1) >> segmentSizeLog2)
    }

    /// Bytes of all sealed segments of a blob of `size` bytes.
    static func sealedSize(_ size: Int64) -> Int64 {
        size + segmentCount(size: size) * Int64(tagSize)
    }

    /// - Returns: Ciphertext, then tag.
    func seal(_ plaintext: [UInt8], index: UInt32, isLast: Bool) throws -> Data {
        let box = try AES.GCM.seal(plaintext, using: key, nonce: nonce(index, isLast))
        // Nonce, ciphertext and tag, already side by side; the nonce is not stored.
        guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
        return combined.dropFirst(12)
    }

    /// - Throws: When this is not segment `index` of this blob, or not its last one as claimed.
    func open(_ sealed: ArraySlice<UInt8>, index: UInt32, isLast: Bool) throws -> Data {
        guard sealed.count >= Self.tagSize else { throw CryptoKitError.incorrectParameterSize }
        let box = try AES.GCM.SealedBox(
            nonce: nonce(index, isLast), ciphertext: sealed.dropLast(Self.tagSize), tag: sealed.suffix(Self.tagSize))
        return try AES.GCM.open(box, using: key)
    }

    private func nonce(_ index: UInt32, _ isLast: Bool) throws -> AES.GCM.Nonce {
        try AES.GCM.Nonce(data: noncePrefix + index.bigEndianBytes + [isLast ? 1 : 0])
    }
}

extension FixedWidthInteger {
    var bigEndianBytes: [UInt8] {
        withUnsafeBytes(of: bigEndian) { Array($0) }
    }

    /// Nil unless there are as many bytes as this type has.
    init?(bigEndianBytes bytes: some Collection<UInt8>) {
        guard bytes.count == MemoryLayout<Self>.size else { return nil }
        self = bytes.reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
    }
}
