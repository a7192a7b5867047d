// SPDX-License-Identifier: Apache-2.0

package import Domain

/// The model version that a revision serves.
package struct ServedVersion: Hashable, Sendable, CustomStringConvertible {
    package var workspace: String
    package var model: String
    package var number: Int

    package init(workspace: String, model: String, number: Int) {
        self.workspace = workspace
        self.model = model
        self.number = number
    }

    package var description: String { "version \(number) of model '\(model)'" }
}

/// One file of a model version.
package struct ServedFile: Sendable {
    package var path: String
    package var digest: BlobDigest
    package var size: Int64

    package init(path: String, digest: BlobDigest, size: Int64) {
        self.path = path
        self.digest = digest
        self.size = size
    }
}

/// Where the files of a version are known; the model registry, as serving sees it.
package protocol VersionFiles: Sendable {
    /// - Throws: `Problem` `.notFound` when there is no such version.
    func files(of version: ServedVersion) async throws -> [ServedFile]
}
