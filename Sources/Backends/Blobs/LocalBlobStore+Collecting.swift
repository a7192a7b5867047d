// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

extension LocalBlobStore: CollectableBlobStore {
    package func delete(_ digest: BlobDigest, ifPutBefore time: Timestamp) async throws -> Bool {
        try await working("Blob \(digest) could not be deleted.") {
            let name = name(of: digest)
            do {
                let folder = try folder(of: name, creating: false)
                let blob = try await OpenedBlob.open(folder.file(name, O_RDONLY), vault: vault)
                guard blob.info.time < time else { return false }
                // The file judged is held open, so no other can have its identity; a put meanwhile would have moved another one here.
                let judged = try blob.file.status().identity
                return try withExtendedLifetime(blob) {
                    try remove(name) { try folder.identity(of: name) == judged }
                }
            } catch let failure as FileFailure where failure.isAbsence {
                return false
            } catch is BlobDamage {
                throw BlobDamage.problem(digest)
            }
        }
    }
}
