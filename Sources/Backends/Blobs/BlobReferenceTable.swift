// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Who holds which blob; a holder is a name of the caller's choice, such as `run/4f0c…/model/weights`.
package struct BlobReferenceTable {
    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Keeps the blob from collection until released; holding twice is holding once.
    ///
    /// Safe against a collection that runs meanwhile in two cases only: the caller put the bytes within the grace period, or
    /// another holder is seen to hold the blob in this same transaction. Otherwise put the bytes again first.
    package func hold(_ digest: BlobDigest, by holder: String) throws {
        try transaction.execute(
            "INSERT INTO blob_reference (digest, holder) VALUES (?, ?) ON CONFLICT (digest, holder) DO NOTHING", digest, holder)
    }

    /// Releasing what is not held is no error.
    package func release(_ digest: BlobDigest, by holder: String) throws {
        try transaction.execute("DELETE FROM blob_reference WHERE digest = ? AND holder = ?", digest, holder)
    }

    /// Everything the holder holds.
    package func release(by holder: String) throws {
        try transaction.execute("DELETE FROM blob_reference WHERE holder = ?", holder)
    }

    package func isHeld(_ digest: BlobDigest) throws -> Bool {
        try !held(among: [digest]).isEmpty
    }

    package func held(among digests: [BlobDigest]) throws -> Set<BlobDigest> {
        var held: Set<BlobDigest> = []
        for start in stride(from: 0, to: digests.count, by: 500) {
            let some = digests[start..<min(start + 500, digests.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            let rows = try transaction.rows(
                "SELECT DISTINCT digest FROM blob_reference WHERE digest IN (\(marks))", values: some.map(\.databaseValue))
            for row in rows { held.insert(try row["digest"]) }
        }
        return held
    }
}
