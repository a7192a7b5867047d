// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Registry
import Tracking

/// Registered models, their versions and aliases.
package struct ModelRoutes: RouteGroup {
    private let registry: ModelRegistry

    package init(registry: ModelRegistry) {
        self.registry = registry
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/models", .permission(.registryRead), handler: list),
            Route(.get, "/api/v1/models/{model}", .permission(.registryRead), handler: show),
            Route(.get, "/api/v1/models/{model}/versions", .permission(.registryRead), handler: listVersions),
            Route(.get, "/api/v1/models/{model}/versions/{version}", .permission(.registryRead), handler: showVersion),
            Route(.put, "/api/v1/models/{model}/aliases/{alias}", .permission(.registryWrite), handler: setAlias),
            Route(.delete, "/api/v1/models/{model}/aliases/{alias}", .permission(.registryWrite), handler: deleteAlias),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let (models, next) = try await registry.searchModels(
            [], after: try query.after.map { try PageToken($0) }, limit: query.limit, by: context.caller)
        return try Answer.json(Page(items: models.map { ModelAnswer($0) }, next: next?.text))
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ModelAnswer(try await registry.model(try context.parameter("model"), by: context.caller)))
    }

    /// Newest first.
    private func listVersions(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let model = try await registry.model(try context.parameter("model"), by: context.caller)
        let (versions, next) = try await registry.searchVersions(
            [Comparison(SearchSubject(.attribute, "name"), .equal, .text(model.name))],
            order: [SortTerm(SearchSubject(.attribute, "version_number"), isDescending: true)],
            after: try query.after.map { try PageToken($0) }, limit: query.limit, by: context.caller)
        return try Answer.json(Page(items: versions.map { VersionAnswer($0) }, next: next?.text))
    }

    private func showVersion(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = VersionReference(parsing: try context.parameter("version"))
        return try Answer.json(
            VersionAnswer(try await registry.version(try context.parameter("model"), reference, by: context.caller)))
    }

    private func setAlias(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let (model, alias) = (try context.parameter("model"), try context.parameter("alias"))
        let body = try await RequestBody.json(SetAliasRequest.self, of: request, &context)
        try await registry.setAlias(alias, of: model, to: body.version, by: context.caller)
        return try Answer.json(AliasAnswer(alias: alias, version: body.version))
    }

    private func deleteAlias(_ request: Request, _ context: APIContext) async throws -> Response {
        let model = try context.parameter("model")
        try await registry.deleteAlias(try context.parameter("alias"), of: model, by: context.caller)
        return try Answer.json(ModelAnswer(try await registry.model(model, by: context.caller)))
    }
}

extension VersionReference {
    /// A number, `latest` or an alias; an alias of nothing but digits is reached through its model only.
    init(parsing text: String) {
        self = Int64(text).map { .number($0) } ?? (text == "latest" ? .latest : .alias(text))
    }
}

extension ModelAnswer {
    init(_ model: RegisteredModel) {
        self.init(
            name: model.name, description: model.description, author: model.author, created: model.created.milliseconds,
            updated: model.updated.milliseconds, tags: model.tags.map { TagBody(key: $0.key, value: $0.value) },
            aliases: model.aliases.map { AliasAnswer(alias: $0.alias, version: $0.number) })
    }
}

extension VersionAnswer<JSONValue> {
    init(_ version: ModelVersion) {
        self.init(
            model: version.model, version: version.number, author: version.author, created: version.created.milliseconds,
            updated: version.updated.milliseconds, description: version.description, signature: version.signature,
            source: version.source, run: version.runID, execution: version.executionID, codeCommit: version.codeCommit,
            environmentLock: version.environmentLock, featureService: version.featureService, environment: version.environment.rawValue,
            snapshots: version.snapshots,
            tags: version.tags.map { TagBody(key: $0.key, value: $0.value) }, aliases: version.aliases,
            files: version.files.map { VersionFileAnswer(path: $0.path, digest: $0.digest.description, size: $0.size) })
    }
}
