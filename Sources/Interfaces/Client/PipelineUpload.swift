// SPDX-License-Identifier: Apache-2.0

package import API
package import Domain
package import Foundation

/// A pipeline's folder as it is sent: the document, and the files that its steps may read.
package struct PipelineUpload: Sendable {
    package static let mostFiles = 10_000
    package static let mostBytes: Int64 = 1 << 30

    private let folder: URL
    private let document: String

    /// - Throws: `Problem` `.invalid` when the document cannot be read.
    package init(folder: URL, document name: String) throws(Problem) {
        self.folder = folder.standardizedFileURL
        do {
            document = try String(contentsOf: self.folder.appending(path: name), encoding: .utf8)
        } catch {
            throw Problem(
                .invalid, "client.pipeline.unreadable", "There is no pipeline document '\(name)' in '\(folder.path)'.",
                fix: "Give the folder that holds it, and its name with --file.")
        }
    }

    /// Sends the files and applies the document. Hidden and generated files stay behind.
    package func apply(with client: DhowClient) async throws -> PipelineAnswer {
        var sources: [String: String] = [:]
        for path in try FolderFiles(folder: folder).paths() {
            let blob: BlobAnswer = try await client.upload(folder.appending(path: path), to: "/api/v1/blobs")
            sources[path] = blob.digest
        }
        return try await client.post(
            "/api/v1/pipelines", ApplyPipelineRequest(document: document, sources: sources, codeCommit: GitFolder(folder: folder).commit()))
    }
}
