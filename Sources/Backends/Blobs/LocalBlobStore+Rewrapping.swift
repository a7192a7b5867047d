// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// What one pass over the blobs did with their wrapped keys.
package struct RewrapReport: Sendable, Equatable {
    package var rewrapped: Int
    /// Already under the current key.
    package var current: Int
    /// Files that do not verify; see `LocalBlobStore.unreadable()`.
    package var damaged: Int

    package init(rewrapped: Int = 0, current: Int = 0, damaged: Int = 0) {
        self.rewrapped = rewrapped
        self.current = current
        self.damaged = damaged
    }
}

extension LocalBlobStore {
    /// Wraps every blob's data key under the vault's current key-encryption key, without touching the content.
    ///
    /// The new wrapped key goes into the slot not in use and is synced before the old slot is cleared, so a crash at any moment
    /// leaves a readable blob. Interrupted, it may simply be run again: what is done is passed over. A put that began before
    /// the rotation may end after the pass; run it until it reports nothing rewrapped before an old key is given up.
    package func rewrap() async throws -> RewrapReport {
        try await working("The keys of the blobs could not be re-wrapped.") {
            let current = try await vault.currentKeyID
            var report = RewrapReport()
            try await forEachFile(after: nil, flags: O_RDWR) { _, file in
                // Two passes at once must not both take a slot for free.
                try file.lock()
                do {
                    if try await rewrap(file, under: current) { report.rewrapped += 1 } else { report.current += 1 }
                } catch is BlobDamage {
                    report.damaged += 1
                }
                return true
            }
            return report
        }
    }

    /// - Returns: False when it already was under `current`.
    private func rewrap(_ file: OpenedFile, under current: String) async throws -> Bool {
        let preamble = try file.read(at: 0, count: BlobLayout.segments)
        guard preamble.count == BlobLayout.segments, let header = BlobHeader(preamble[..<BlobHeader.byteCount]) else { throw BlobDamage() }
        let pages = BlobLayout.slots.map { Array(preamble[$0..<$0 + KeySlot.byteCount]) }
        guard let newest = OpenedBlob.slots(of: preamble).first, let used = pages.firstIndex(where: { KeySlot($0) == newest }) else {
            throw BlobDamage()
        }
        let other = 1 - used
        if newest.key.keyID == current {
            // An earlier pass may have stopped before clearing the old slot.
            if pages[other].contains(where: { $0 != 0 }) { try clear(other, of: file) }
            return false
        }
        let dataKey = try await vault.unwrap(newest.key, context: header.keyContext)
        let wrapped = try await vault.wrap(dataKey, context: header.keyContext)
        try file.write(KeySlot(sequence: newest.sequence + 1, key: wrapped).page(), at: Int64(BlobLayout.slots[other]))
        try file.sync()
        try clear(used, of: file)
        return true
    }

    private func clear(_ slot: Int, of file: OpenedFile) throws {
        try file.write([UInt8](repeating: 0, count: KeySlot.byteCount), at: Int64(BlobLayout.slots[slot]))
        try file.sync()
    }
}
