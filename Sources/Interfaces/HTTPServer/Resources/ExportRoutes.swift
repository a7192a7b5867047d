// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import Foundation
import Governance
import Hummingbird
package import Registry
package import Tracking

/// A whole workspace page by page, in the form that imports take.
package struct ExportRoutes: RouteGroup {
    private let exports: Exports
    private let artifacts: ArtifactStore
    private let registry: ModelRegistry

    package init(exports: Exports, artifacts: ArtifactStore, registry: ModelRegistry) {
        self.exports = exports
        self.artifacts = artifacts
        self.registry = registry
    }

    package var routes: [Route] {
        let base = "/api/v1/exports/"
        return [
            Route(.get, base + "experiments", .permission(.exportRead), handler: experiments),
            Route(.get, base + "logged-models", .permission(.exportRead), handler: loggedModels),
            Route(.get, base + "runs", .permission(.exportRead), handler: runs),
            Route(.get, base + "metrics", .permission(.exportRead), handler: metrics),
            Route(.get, base + "artifacts", .permission(.exportRead), handler: files),
            Route(.get, base + "models", .permission(.exportRead), handler: models),
            Route(.get, base + "versions", .permission(.exportRead), handler: versions),
            Route(.get, base + "versions/content", .permission(.exportRead), timeLimit: Route.longTimeLimit, handler: versionContent),
            Route(.get, base + "artifacts/content", .permission(.exportRead), timeLimit: Route.longTimeLimit, handler: artifactContent),
        ]
    }

    private func experiments(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let items = try await exports.experiments(after: try query.integer("after"), try choice(query), by: context.caller)
        return try Answer.json(query.page(items, id: { "\($0.id)" }) { ExperimentRecord($0) })
    }

    private func loggedModels(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let items = try await exports.loggedModels(after: query.after, try choice(query), by: context.caller)
        return try Answer.json(query.page(items, id: \.id) { LoggedModelRecord($0) })
    }

    private func runs(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let items = try await exports.runs(after: query.after, try choice(query), by: context.caller)
        return try Answer.json(query.page(items, id: \.id) { RunRecord($0) })
    }

    /// Of `?run=`; ten times as many points as the limit says.
    private func metrics(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let run = try query.requiredText("run")
        let (points, next) = try await exports.metrics(
            of: run, after: try query.after.map { try PageToken($0) }, limit: 10 * query.limit, by: context.caller)
        return try Answer.json(Page(items: SeriesRecord.series(points, of: run), next: next?.text))
    }

    /// Of `?run=` or `?loggedModel=`.
    private func files(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let owner = try ArtifactOwner(run: query.text("run"), loggedModel: query.text("loggedModel"))
        let files = try await exports.artifacts(of: owner, by: context.caller)
        return try Answer.json(Page(items: files.map { ArtifactRecord($0, of: owner) }))
    }

    private func artifactContent(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let owner = try ArtifactOwner(run: query.text("run"), loggedModel: query.text("loggedModel"))
        let path = try ArtifactPath(try query.requiredText("path"))
        guard let folder = try await exports.folder(of: owner, by: context.caller) else { throw Artifact.unknown(path) }
        let (_, content) = try await artifacts.open(try folder.appending(path), by: context.caller)
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .xContentTypeOptions: "nosniff"],
            body: Answer.stream(content.bytes, length: content.info.size, context))
    }

    private func models(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let items = try await exports.models(after: query.after, try choice(query), by: context.caller)
        return try Answer.json(query.page(items, id: \.name) { RegisteredModelRecord($0) })
    }

    /// Of `?model=`.
    private func versions(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let items = try await exports.versions(
            of: try query.requiredText("model"), after: try query.integer("after"), try choice(query), by: context.caller)
        return try Answer.json(query.page(items, id: { "\($0.number)" }) { VersionRecord($0) })
    }

    private func versionContent(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        guard let number = try query.integer("version") else {
            throw Problem(.invalid, "request.query.missing", "The query needs a value for 'version'.", fix: "Add '?version=…'.")
        }
        let version = try await registry.version(try query.requiredText("model"), .number(number), by: context.caller)
        let content = try await registry.open(try query.requiredText("path"), of: version, by: context.caller)
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .xContentTypeOptions: "nosniff"],
            body: Answer.stream(content.bytes, length: content.info.size, context))
    }

    /// All of the workspace; with `?import=` what came with that import, with `?experiment=` what belongs to that experiment.
    private func choice(_ query: ListQuery) throws -> Exports.Choice {
        Exports.Choice(importID: query.text("import"), experiment: try query.integer("experiment"), limit: query.limit)
    }
}
