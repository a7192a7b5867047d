// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

/// Seals a stream of bytes into a file, segment by segment; holds one segment at most.
///
/// The digest is known only at the end, so `finish` returns it and `seal` then writes the part before the segments.
struct BlobWriter {
    let header = BlobHeader.random()
    let dataKey = SymmetricKey(size: .bits256)

    private let file: OpenedFile
    private let cipher: SegmentedCipher
    private var hash = SHA256()
    private var size: Int64 = 0
    private var pending: [UInt8] = []
    private var index: UInt32 = 0

    init(file: OpenedFile) {
        self.file = file
        cipher = SegmentedCipher(header: header, dataKey: dataKey)
        pending.reserveCapacity(SegmentedCipher.segmentSize)
    }

    mutating func append(_ bytes: [UInt8], limit: Int64) throws {
        guard size + Int64(bytes.count) <= min(limit, SegmentedCipher.mostBytes) else {
            throw Problem(
                .tooLarge, "blob.size.exceeded", "The content is larger than \(limit) bytes.", why: "That is the most taken here.",
                fix: "Split it into several files, or ask the operator to raise the limit.")
        }
        size += Int64(bytes.count)
        hash.update(data: bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            // A full segment waits for the byte after it, because the last segment is sealed as such.
            if pending.count == SegmentedCipher.segmentSize { try sealPending(isLast: false) }
            let taken = rest.prefix(SegmentedCipher.segmentSize - pending.count)
            pending += taken
            rest = rest.dropFirst(taken.count)
        }
    }

    /// Seals the last segment.
    mutating func finish() throws -> (digest: BlobDigest, size: Int64) {
        try sealPending(isLast: true)
        return (BlobDigest(sha256: hash.finalize()), size)
    }

    /// Writes header, manifest and wrapped key, and syncs the file.
    func seal(_ info: BlobInfo, key: WrappedKey) throws {
        try file.write(header.bytes + BlobManifest.seal(info, header: header, dataKey: dataKey), at: 0)
        try file.write(KeySlot(sequence: 1, key: key).page(), at: Int64(BlobLayout.slots[0]))
        try file.sync()
    }

    private mutating func sealPending(isLast: Bool) throws {
        let stride = Int64(SegmentedCipher.segmentSize + SegmentedCipher.tagSize)
        try file.write(
            cipher.seal(pending, index: index, isLast: isLast), at: Int64(BlobLayout.segments) + Int64(index) * stride)
        pending.removeAll(keepingCapacity: true)
        if !isLast { index += 1 }
    }
}

extension BlobWriter: Redacted {}
