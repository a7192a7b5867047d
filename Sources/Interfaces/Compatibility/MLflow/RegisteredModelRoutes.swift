// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import HTTPServer
import HTTPTypes
import Registry
import Tracking

struct RegisteredModelRoutes: RouteGroup {
    let registry: ModelRegistry

    var routes: [Route] {
        let base = "2.0/mlflow/registered-models/"
        return [
            MLflowRoute.routes([.post], base + "create", .registryWrite) { call in
                let model = try await registry.create(
                    try call.fields.required("name"), description: try call.fields.text("description"), tags: try call.fields.tags("tags"),
                    by: call.caller)
                return try await answer(model, call)
            },
            MLflowRoute.routes([.get], base + "get", .registryRead) { call in
                try await answer(try await registry.model(try call.fields.required("name"), by: call.caller), call)
            },
            MLflowRoute.routes([.post], base + "rename", .registryWrite) { call in
                let model = try await registry.rename(
                    try call.fields.required("name"), to: try call.fields.required("new_name"), by: call.caller)
                return try await answer(model, call)
            },
            MLflowRoute.routes([.patch], base + "update", .registryWrite) { call in
                let model = try await registry.describe(
                    try call.fields.required("name"), as: try call.fields.text("description") ?? "", by: call.caller)
                return try await answer(model, call)
            },
            MLflowRoute.routes(
                [.delete], base + "delete", .registryWrite,
                MLflowRoute.done { try await registry.delete(try $0.fields.required("name"), by: $0.caller) }),
            MLflowRoute.routes([.get, .post], base + "search", .registryRead, search),
            MLflowRoute.routes([.post, .get], base + "get-latest-versions", .registryRead, latestVersions),
            MLflowRoute.routes(
                [.post], base + "set-tag", .registryWrite,
                MLflowRoute.done { call in
                    let tag = Tag(try call.fields.required("key"), try call.fields.text("value") ?? "")
                    try await registry.setTag(tag, on: try call.fields.required("name"), by: call.caller)
                }),
            MLflowRoute.routes(
                [.delete], base + "delete-tag", .registryWrite,
                MLflowRoute.done { call in
                    try await registry.deleteTag(try call.fields.required("key"), of: try call.fields.required("name"), by: call.caller)
                }),
            aliases(base + "alias"),
        ].flatMap(\.self)
    }

    private func aliases(_ path: String) -> [Route] {
        [
            MLflowRoute.routes(
                [.post], path, .registryWrite,
                MLflowRoute.done { call in
                    guard let number = try call.fields.integer("version") else { throw MLflowFields.missing("version") }
                    try await registry.setAlias(
                        try call.fields.required("alias"), of: try call.fields.required("name"), to: number, by: call.caller)
                }),
            MLflowRoute.routes(
                [.delete], path, .registryWrite,
                MLflowRoute.done { call in
                    try await registry.deleteAlias(try call.fields.required("alias"), of: try call.fields.required("name"), by: call.caller)
                }),
            MLflowRoute.routes([.get], path, .registryRead) { call in
                let version = try await registry.version(
                    try call.fields.required("name"), .alias(try call.fields.required("alias")), by: call.caller)
                return JSONWriter.object { $0.member("model_version") { $0.write(version) } }
            },
        ].flatMap(\.self)
    }

    private func answer(_ model: RegisteredModel, _ call: MLflowCall) async throws -> JSONWriter {
        let latest = try await registry.latest(of: model.name, by: call.caller)
        return JSONWriter.object { $0.member("registered_model") { $0.write(model, latest: latest) } }
    }

    private func search(_ call: MLflowCall) async throws -> JSONWriter {
        let fields = call.fields
        let order = try fields.texts("order_by").map { text throws(Problem) in try FilterParser.sortTerm(in: text) }
        let (items, next) = try await registry.searchModels(
            try PromptFilter.comparisons(in: try fields.text("filter") ?? ""), order: order, after: try fields.page(),
            limit: try fields.count("max_results", default: 100), by: call.caller)
        let latest = try await registry.latest(ofAll: items.map(\.name), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("registered_models", objects: items) { model, writer in writer.write(model, latest: latest[model.name] ?? []) }
            writer.member("next_page_token", next?.text)
        }
    }

    private func latestVersions(_ call: MLflowCall) async throws -> JSONWriter {
        let stages = try call.fields.texts("stages").map { text throws(Problem) in try ModelVersionRoutes.stage(text) }
        let versions = try await registry.latest(
            of: try call.fields.required("name"), in: stages.isEmpty ? VersionEnvironment.allCases : stages, by: call.caller)
        return JSONWriter.object { writer in writer.member("model_versions", objects: versions) { version, writer in writer.write(version) }
        }
    }
}
