// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

extension ModelVersion {
    /// One digest for all files: SHA-256 over a line `DIGEST  PATH` for each, sorted by path, as `sha256sum` prints them.
    package var content: BlobDigest { Self.content(of: files) }

    package static func content(of files: [VersionFile]) -> BlobDigest {
        var hash = SHA256()
        for file in files.sorted(by: { $0.path < $1.path }) { hash.update(data: Data("\(file.digest.hexadecimal)  \(file.path)\n".utf8)) }
        return BlobDigest(sha256: hash.finalize())
    }
}
