// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

/// Where the parts of a blob file begin, in bytes; see `docs/blob-format.md`.
enum BlobLayout {
    static let manifest = BlobHeader.byteCount
    static let manifestEnd = manifest + BlobManifest.sealedByteCount
    static let slots = [4096, 8192]
    static let segments = 12288
}

/// The file is not, or no longer, a blob as we wrote it.
struct BlobDamage: Error {
    static func problem(_ digest: BlobDigest) -> Problem {
        Problem(
            .internal, "blob.content.corrupt", "Blob \(digest) does not verify.",
            why: "Its file was changed, cut or damaged since it was stored.",
            fix: "Store the same bytes again, or restore the blob's file from a backup.")
    }
}

/// A blob's file whose header, length and manifest verified; its segments are verified as they are read.
struct OpenedBlob: Sendable {
    let file: OpenedFile
    let info: BlobInfo
    private let cipher: SegmentedCipher

    /// - Throws: `BlobDamage`, `FileFailure`, or the vault's `Problem` when an intact slot cannot be unwrapped.
    static func open(_ file: OpenedFile, vault: any KeyVault) async throws -> OpenedBlob {
        var refusal: Problem?
        // A re-wrapping that runs meanwhile can show both slots between two states; the next reading shows one of them.
        for _ in 0..<3 {
            let preamble = try file.read(at: 0, count: BlobLayout.segments)
            guard preamble.count == BlobLayout.segments, let header = BlobHeader(preamble[..<BlobHeader.byteCount]),
                preamble[BlobLayout.manifestEnd..<BlobLayout.slots[0]].allSatisfy({ $0 == 0 })
            else { throw BlobDamage() }
            for slot in slots(of: preamble) {
                do {
                    let dataKey = try await vault.unwrap(slot.key, context: header.keyContext)
                    return try OpenedBlob(file, header, Array(preamble[BlobLayout.manifest..<BlobLayout.manifestEnd]), dataKey)
                } catch let problem as Problem where problem.code == "key.unwrap.failed" {
                    refusal = problem
                }
            }
        }
        throw refusal ?? BlobDamage()
    }

    private init(_ file: OpenedFile, _ header: BlobHeader, _ manifest: [UInt8], _ dataKey: SymmetricKey) throws {
        guard let info = try? BlobManifest.open(manifest, header: header, dataKey: dataKey),
            try file.status().size == Int64(BlobLayout.segments) + SegmentedCipher.sealedSize(info.size)
        else { throw BlobDamage() }
        self.file = file
        self.info = info
        cipher = SegmentedCipher(header: header, dataKey: dataKey)
    }

    /// Intact slots, the valid one first.
    static func slots(of preamble: [UInt8]) -> [KeySlot] {
        BlobLayout.slots
            .compactMap { KeySlot(preamble[$0..<$0 + KeySlot.byteCount]) }
            .sorted { $0.sequence > $1.sequence }
    }

    /// The plaintext of whole segments; nothing is returned unless all of them verify.
    func plaintext(ofSegments range: Range<Int64>) throws -> [UInt8] {
        let count = SegmentedCipher.segmentCount(size: info.size)
        let stride = SegmentedCipher.segmentSize + SegmentedCipher.tagSize
        let end = min(range.upperBound * Int64(stride), SegmentedCipher.sealedSize(info.size))
        let start = range.lowerBound * Int64(stride)
        let sealed = try file.read(at: Int64(BlobLayout.segments) + start, count: Int(end - start))
        guard sealed.count == Int(end - start) else { throw BlobDamage() }
        var plaintext: [UInt8] = []
        plaintext.reserveCapacity(sealed.count)
        for (place, index) in range.enumerated() {
            let segment = sealed[(place * stride)..<min((place + 1) * stride, sealed.count)]
            guard let opened = try? cipher.open(segment, index: UInt32(index), isLast: index == count - 1) else { throw BlobDamage() }
            plaintext += opened
        }
        return plaintext
    }
}
