// SPDX-License-Identifier: Apache-2.0

import Domain
import Tracking

/// Lists a folder beneath the artifacts of a run or logged model.
struct ArtifactListing {
    let artifacts: ArtifactStore

    /// Fields `path`, `artifact_directory_path` and `page_token` of the call choose the part.
    func answer(at location: ArtifactLocation, _ call: MLflowCall) async throws -> JSONWriter {
        let uri = ArtifactURI.text(of: location)
        guard case .stored(let root) = location else { return JSONWriter.object { $0.member("root_uri", uri) } }
        let below = try call.fields.text("path") ?? call.fields.text("artifact_directory_path") ?? ""
        let folder = try root.appending(try ArtifactPath(below))
        let token = try call.fields.text("page_token").flatMap { $0.isEmpty ? nil : $0 }
        // A file itself is no folder and has nothing in it.
        let isFile = try await artifacts.find(folder, by: call.caller) != nil
        let (entries, next) = isFile ? ([], nil) : try await artifacts.list(folder, after: token, by: call.caller)
        return JSONWriter.object { writer in
            writer.member("root_uri", uri)
            writer.write(entries, below: root)
            writer.member("next_page_token", next)
        }
    }
}
