// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import HTTPTypes
import Hummingbird
import NIOCore
package import Tracking

/// The files of runs and logged models: listed folder by folder, streamed both ways.
package struct ArtifactRoutes: RouteGroup {
    private let artifacts: ArtifactStore
    private let runs: RunTracking
    private let models: LoggedModelTracking

    package init(artifacts: ArtifactStore, runs: RunTracking, models: LoggedModelTracking) {
        self.artifacts = artifacts
        self.runs = runs
        self.models = models
    }

    package var routes: [Route] {
        group("/api/v1/runs/{run}") { context in try await runs.get(try context.parameter("run"), by: context.caller).location }
            + group("/api/v1/logged-models/{model}") { context in
                try await models.get(try context.parameter("model"), by: context.caller).location
            }
    }

    private typealias Locating = @Sendable (APIContext) async throws -> ArtifactLocation

    private func group(_ owner: String, _ locate: @escaping Locating) -> [Route] {
        [
            Route(.get, owner + "/artifacts", .permission(.trackingRead)) { request, context in
                try await list(request, context, below: try await root(locate, context))
            },
            Route(.get, owner + "/artifacts/**", .permission(.trackingRead), timeLimit: Route.longTimeLimit) { request, context in
                try await download(request, context, below: try await root(locate, context))
            },
            Route(
                .put, owner + "/artifacts/**", .permission(.trackingWrite), bodyLimit: Int(ArtifactStore.maximumBytes)
            ) { request, context in
                try await upload(request, context, below: try await root(locate, context))
            },
        ]
    }

    private func root(_ locate: Locating, _ context: APIContext) async throws -> ArtifactPath {
        guard case .stored(let root) = try await locate(context) else {
            throw Problem(
                .rejected, "tracking.artifact.elsewhere", "These artifacts are not kept by Dhow.",
                why: "The experiment was created with a place of its own for them.", fix: "Ask the store that its place names.")
        }
        return root
    }

    /// What is directly in the folder `?path=`.
    private func list(_ request: Request, _ context: APIContext, below root: ArtifactPath) async throws -> Response {
        let query = try ListQuery(request)
        let folder = try root.appending(try ArtifactPath(query.text("path") ?? ""))
        let (entries, next) = try await artifacts.list(folder, after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(Page(items: entries.map { ArtifactEntryAnswer($0, below: root) }, next: next))
    }

    private func download(_ request: Request, _ context: APIContext, below root: ArtifactPath) async throws -> Response {
        let path = try root.appending(try ArtifactPath(try context.remainingPath()))
        guard let artifact = try await artifacts.find(path, by: context.caller) else { throw Artifact.unknown(path) }
        let file = ArtifactFile(
            name: path.name ?? "", digest: artifact.digest, size: artifact.size, type: artifact.contentType,
            open: { range in try await artifacts.open(path, range: range, by: context.caller).1 })
        return try await ArtifactAnswer.response(to: request, with: file, context)
    }

    private func upload(_ request: Request, _ context: APIContext, below root: ArtifactPath) async throws -> Response {
        let path = try root.appending(try ArtifactPath(try context.remainingPath()))
        let bytes = request.body.map { Array($0.readableBytesView) }
        let artifact = try await artifacts.put(bytes, at: path, contentType: request.headers[.contentType], by: context.caller)
        return try Answer.json(ArtifactEntryAnswer(.file(artifact), below: root), status: .created)
    }
}

extension ArtifactEntryAnswer {
    init(_ entry: ArtifactEntry, below root: ArtifactPath) {
        let path = entry.path.relative(to: root)?.text ?? entry.path.text
        switch entry {
        case .folder: self.init(path: path, isFolder: true)
        case .file(let file):
            self.init(
                path: path, isFolder: false, size: file.size, digest: file.digest.description, time: file.time.milliseconds)
        }
    }
}
