// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import NIOCore
import Tracking

/// Artifacts by path, streamed both ways; and `artifacts/list` of runs.
struct ArtifactRoutes: RouteGroup {
    let artifacts: ArtifactStore
    let runs: RunTracking
    let files: ArtifactFiles

    var routes: [Route] {
        ["/api/", "/ajax-api/"].flatMap { prefix in
            let base = prefix + "2.0/mlflow-artifacts/artifacts"
            return [
                Route(.get, base + "/**", .permission(.trackingRead), problems: .mlflow, handler: download),
                Route(.head, base + "/**", .permission(.trackingRead), problems: .mlflow, handler: download),
                Route(
                    .put, base + "/**", .permission(.trackingWrite), problems: .mlflow, bodyLimit: Int(ArtifactStore.maximumBytes),
                    handler: upload),
                Route(.delete, base + "/**", .permission(.trackingWrite), problems: .mlflow, handler: delete),
                Route(.get, base, .permission(.trackingRead), problems: .mlflow, handler: list),
            ]
        }
            + MLflowRoute.routes([.get], "2.0/mlflow/artifacts/list", .trackingRead) { call in
                let run = try await runs.get(try call.fields.run(), by: call.caller)
                return try await ArtifactListing(artifacts: artifacts).answer(at: run.location, call)
            }
    }

    private func download(_ request: Request, _ context: APIContext) async throws -> Response {
        let file = try await files.file(at: try ArtifactPath(try context.remainingPath()), by: context.caller)
        return try await ArtifactAnswer.response(to: request, with: file, problems: .mlflow, context)
    }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let path = try files.writable(ArtifactPath(try context.remainingPath()))
        let bytes = request.body.map { Array($0.readableBytesView) }
        _ = try await artifacts.put(bytes, at: path, contentType: request.headers[.contentType], by: context.caller)
        return Answer.data(Data("{}".utf8), type: "application/json")
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        try await artifacts.delete(try files.writable(ArtifactPath(try context.remainingPath())), by: context.caller)
        return Answer.data(Data("{}".utf8), type: "application/json")
    }

    /// Names relative to the folder asked for. The protocol has no pages here: they follow one another in one answer.
    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let text = try MLflowFields(query: request.uri.query ?? "").text("path") ?? ""
        let folder = try ArtifactPath(text.hasSuffix("/") ? String(text.dropLast()) : text)
        if let (version, below) = try await files.version(at: folder, by: context.caller) {
            let entries = VersionListing.entries(of: version, in: below, as: folder)
            let writer = JSONWriter.object { $0.write(entries, below: folder) }
            return Answer.data(Data(writer.bytes), type: "application/json")
        }
        // A file itself is no folder and has nothing in it.
        guard try await artifacts.find(folder, by: context.caller) == nil else {
            return Answer.data(Data("{}".utf8), type: "application/json")
        }
        let (first, next) = try await artifacts.list(folder, by: context.caller)
        guard let next else {
            let writer = JSONWriter.object { $0.write(first, below: folder) }
            return Answer.data(Data(writer.bytes), type: "application/json")
        }
        let pages = FolderStream(artifacts: artifacts, folder: folder, caller: context.caller, first: first, next: next)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .xContentTypeOptions: "nosniff"],
            body: Answer.stream(pages, length: nil, context))
    }
}
