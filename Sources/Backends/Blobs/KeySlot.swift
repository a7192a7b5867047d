// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain

/// A blob's wrapped data key in one of the two slots of its file; the slot with the higher sequence number counts.
///
/// A slot fills a page of 4 KiB of its own and ends in a checksum, so that a slot half written by a crash is no slot
/// and the other one still holds.
struct KeySlot: Equatable, Sendable {
    static let byteCount = 4096
    private static let magic = Array("DHOWSLOT".utf8)
    private static let checksumOffset = byteCount - 32

    var sequence: UInt64
    var key: WrappedKey

    init(sequence: UInt64, key: WrappedKey) {
        self.sequence = sequence
        self.key = key
    }

    /// Nil unless `page` is a whole, intact slot.
    init?(_ page: some Collection<UInt8>) {
        let page = Array(page)
        guard page.count == Self.byteCount, page.starts(with: Self.magic),
            SHA256.hash(data: page[..<Self.checksumOffset]) == page[Self.checksumOffset...],
            let sequence = UInt64(bigEndianBytes: page[8..<16]),
            let (keyID, next) = Self.field(of: page, at: 16),
            let (wrapped, _) = Self.field(of: page, at: next),
            let text = String(validating: keyID, as: UTF8.self)
        else { return nil }
        self.init(sequence: sequence, key: WrappedKey(keyID: text, bytes: Array(wrapped)))
    }

    /// - Throws: `Problem` when the vault's key does not fit a slot.
    func page() throws -> [UInt8] {
        let keyID = Array(key.keyID.utf8)
        var page = Self.magic + sequence.bigEndianBytes
        page += UInt16(truncatingIfNeeded: keyID.count).bigEndianBytes + keyID
        page += UInt16(truncatingIfNeeded: key.bytes.count).bigEndianBytes + key.bytes
        guard page.count <= Self.checksumOffset else {
            throw Problem(.internal, "blob.key.oversized", "A wrapped key of \(key.bytes.count) bytes does not fit a blob's header.")
        }
        page += [UInt8](repeating: 0, count: Self.checksumOffset - page.count)
        return page + SHA256.hash(data: page)
    }

    /// A length of two bytes, then as many bytes.
    private static func field(of page: [UInt8], at offset: Int) -> (ArraySlice<UInt8>, next: Int)? {
        guard offset + 2 <= checksumOffset, let count = UInt16(bigEndianBytes: page[offset..<offset + 2]) else { return nil }
        let end = offset + 2 + Int(count)
        return end <= checksumOffset ? (page[offset + 2..<end], end) : nil
    }
}
