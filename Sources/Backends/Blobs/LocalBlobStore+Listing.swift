// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

extension LocalBlobStore {
    /// In the order of the file names, which is arbitrary but stable. A file that does not verify is left out; `unreadable()` names those.
    ///
    /// - Throws: The vault's `Problem` when it refuses an intact wrapped key, because then the vault is at fault and not the file.
    package func list(after digest: BlobDigest?, limit: Int) async throws -> [BlobInfo] {
        try await working("The blobs could not be listed.") {
            var infos: [BlobInfo] = []
            guard limit > 0 else { return infos }
            try await forEachFile(after: digest.map(name)) { name, file in
                if let info = try await Self.verified(file, name, self) { infos.append(info) }
                return infos.count < limit
            }
            return infos
        }
    }

    /// Names of the files among the blobs whose header does not verify, at most `limit`.
    package func unreadable(limit: Int = 1000) async throws -> [String] {
        try await working("The blobs could not be checked.") {
            var names: [String] = []
            try await forEachFile(after: nil) { name, file in
                if try await Self.verified(file, name, self) == nil { names.append(name) }
                return names.count < limit
            }
            return names
        }
    }

    private static func verified(_ file: OpenedFile, _ name: String, _ store: LocalBlobStore) async throws -> BlobInfo? {
        do {
            let info = try await OpenedBlob.open(file, vault: store.vault).info
            return store.name(of: info.digest) == name ? info : nil
        } catch is BlobDamage {
            return nil
        }
    }

    /// Until `body` says false. A file removed meanwhile is passed over.
    func forEachFile(
        after last: String?, flags: Int32 = O_RDONLY, _ body: (String, OpenedFile) async throws -> Bool
    ) async throws {
        let last = last ?? ""
        for first in try blobs.names() where first >= last.prefix(2) {
            let outer = try blobs.folder(first, creating: false)
            for second in try outer.names() where first + second >= last.prefix(4) {
                let inner = try outer.folder(second, creating: false)
                for name in try inner.names() where name > last {
                    try Task.checkCancellation()
                    do {
                        let file = try inner.file(name, flags)
                        guard try await body(name, file) else { return }
                    } catch let failure as FileFailure where failure.isAbsence {
                        continue
                    }
                }
            }
        }
    }
}
