// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

/// A SHA-256 in a Merkle tree: 32 bytes, held without an allocation.
package struct TreeHash: Hashable, Sendable {
    package static let byteCount = 32

    /// The 32 bytes in memory order.
    private var words: SIMD4<UInt64>

    /// Nil unless there are exactly 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words = SIMD4<UInt64>()
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        self.words = words
    }

    /// Standard base64 of 32 bytes; nil otherwise.
    package init?(base64 text: some StringProtocol) {
        guard let bytes = [UInt8](exactBase64: text) else { return nil }
        self.init(bytes)
    }

    init(_ digest: SHA256Digest) {
        var words = SIMD4<UInt64>()
        digest.withUnsafeBytes { source in withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: source) } }
        self.words = words
    }

    package var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
    package var base64: String { bytes.base64 }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }
}

extension TreeHash: CustomStringConvertible {
    package var description: String { bytes.lowercaseHexadecimal }
}

/// As base64 text.
extension TreeHash: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let hash = TreeHash(base64: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "A tree hash is the base64 of 32 bytes.")
        }
        self = hash
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(base64)
    }
}

extension [TreeHash] {
    /// Nil unless the bytes are whole hashes.
    init?(concatenated bytes: [UInt8]) {
        guard bytes.count.isMultiple(of: TreeHash.byteCount) else { return nil }
        self = stride(from: 0, to: bytes.count, by: TreeHash.byteCount).compactMap { TreeHash(bytes[$0..<$0 + TreeHash.byteCount]) }
    }

    var concatenated: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * TreeHash.byteCount)
        for hash in self { hash.withUnsafeBytes { bytes.append(contentsOf: $0) } }
        return bytes
    }
}

extension [UInt8] {
    /// Standard, padded base64 in its one exact form (RFC 4648 section 4); nil for any other text.
    init?(exactBase64 text: some StringProtocol) {
        guard let data = Data(base64Encoded: String(text)), data.base64EncodedString() == text else { return nil }
        self = [UInt8](data)
    }

    var base64: String { Data(self).base64EncodedString() }
}
