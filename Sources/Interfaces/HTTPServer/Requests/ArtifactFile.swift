// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// A file that can be answered with, and how its bytes are had.
package struct ArtifactFile: Sendable {
    var name: String
    var digest: BlobDigest
    package var size: Int64
    /// As it was sent.
    var type: String?
    var open: @Sendable (Range<Int64>?) async throws -> BlobContent

    package init(
        name: String, digest: BlobDigest, size: Int64, type: String?, open: @escaping @Sendable (Range<Int64>?) async throws -> BlobContent
    ) {
        self.name = name
        self.digest = digest
        self.size = size
        self.type = type
        self.open = open
    }
}
