// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Registry
import Tracking

/// Making, describing, tagging and deleting registered models and their versions.
package struct ModelEditingRoutes: RouteGroup {
    private let registry: ModelRegistry

    package init(registry: ModelRegistry) {
        self.registry = registry
    }

    package var routes: [Route] {
        let model = "/api/v1/models/{model}"
        let version = model + "/versions/{version}"
        return [
            Route(.post, "/api/v1/models", .permission(.registryWrite), handler: create),
            Route(.patch, model, .permission(.registryWrite), handler: update),
            Route(.delete, model, .permission(.registryWrite), handler: delete),
            Route(.put, model + "/tags/**", .permission(.registryWrite), handler: setTag),
            Route(.delete, model + "/tags/**", .permission(.registryWrite)) { _, context in
                let name = try context.parameter("model")
                try await registry.deleteTag(try context.remainingKey(), of: name, by: context.caller)
                return try await answer(name, context)
            },
            Route(.patch, version, .permission(.registryWrite), handler: updateVersion),
            Route(.delete, version, .permission(.registryWrite), handler: deleteVersion),
            Route(.put, version + "/tags/**", .permission(.registryWrite), handler: setVersionTag),
            Route(.delete, version + "/tags/**", .permission(.registryWrite)) { _, context in
                let found = try await self.version(context)
                try await registry.deleteTag(try context.remainingKey(), of: found.model, found.number, by: context.caller)
                return try await answer(found, context)
            },
        ]
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CreateModelRequest.self, of: request, &context)
        let made = try await registry.create(body.name, description: body.description, tags: [Tag](body.tags), by: context.caller)
        return try Answer.json(ModelAnswer(made), status: .created)
    }

    private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        var name = try context.parameter("model")
        let body = try await RequestBody.json(UpdateModelRequest.self, of: request, &context)
        if let description = body.description { _ = try await registry.describe(name, as: description, by: context.caller) }
        if let newName = body.name { name = try await registry.rename(name, to: newName, by: context.caller).name }
        return try await answer(name, context)
    }

    /// Answers with what it was.
    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let model = try await registry.model(try context.parameter("model"), by: context.caller)
        try await registry.delete(model.name, by: context.caller)
        return try Answer.json(ModelAnswer(model))
    }

    private func setTag(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let name = try context.parameter("model")
        let body = try await RequestBody.json(TagValueRequest.self, of: request, &context)
        try await registry.setTag(Tag(try context.remainingKey(), body.value), on: name, by: context.caller)
        return try await answer(name, context)
    }

    private func updateVersion(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(DescribeRequest.self, of: request, &context)
        let found = try await version(context)
        return try Answer.json(
            VersionAnswer(try await registry.describe(found.model, found.number, as: body.description, by: context.caller)))
    }

    /// Answers with what it was.
    private func deleteVersion(_ request: Request, _ context: APIContext) async throws -> Response {
        let found = try await version(context)
        try await registry.deleteVersion(found.model, found.number, by: context.caller)
        return try Answer.json(VersionAnswer(found))
    }

    private func setVersionTag(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(TagValueRequest.self, of: request, &context)
        let found = try await version(context)
        try await registry.setTag(Tag(try context.remainingKey(), body.value), on: found.model, found.number, by: context.caller)
        return try await answer(found, context)
    }

    private func version(_ context: APIContext) async throws -> ModelVersion {
        try await registry.version(
            try context.parameter("model"), VersionReference(parsing: try context.parameter("version")), by: context.caller)
    }

    private func answer(_ name: String, _ context: APIContext) async throws -> Response {
        try Answer.json(ModelAnswer(try await registry.model(name, by: context.caller)))
    }

    private func answer(_ version: ModelVersion, _ context: APIContext) async throws -> Response {
        try Answer.json(VersionAnswer(try await registry.version(version.model, .number(version.number), by: context.caller)))
    }
}
