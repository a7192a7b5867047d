// SPDX-License-Identifier: Apache-2.0

/// A file or folder of a run or logged model; a folder has neither size nor digest.
package struct ArtifactEntryAnswer: Codable, Sendable {
    /// From the root of the run's or model's artifacts.
    package var path: String
    package var isFolder: Bool
    package var size: Int64?
    package var digest: String?
    package var time: Int64?

    package init(path: String, isFolder: Bool, size: Int64? = nil, digest: String? = nil, time: Int64? = nil) {
        self.path = path
        self.isFolder = isFolder
        self.size = size
        self.digest = digest
        self.time = time
    }
}
