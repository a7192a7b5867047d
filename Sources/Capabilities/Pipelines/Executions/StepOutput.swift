// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What a step left under one name.
package enum StepOutput: Codable, Sendable, Equatable {
    /// A blob and its size.
    case file(BlobDigest, size: Int64)
    /// Files by path beneath the folder.
    case folder([String: BlobDigest])
    case value(JSONValue)

    /// As an input of a step's key.
    var digest: BlobDigest? {
        switch self {
        case .file(let digest, _): digest
        case .folder(let files): StepKey.digest(ofTree: files)
        case .value: nil
        }
    }

    var blobs: [BlobDigest] {
        switch self {
        case .file(let digest, _): [digest]
        case .folder(let files): Array(files.values)
        case .value: []
        }
    }
}
