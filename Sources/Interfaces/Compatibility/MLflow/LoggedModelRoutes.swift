// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import HTTPServer
import HTTPTypes
import Tracking

struct LoggedModelRoutes: RouteGroup {
    let models: LoggedModelTracking
    let artifacts: ArtifactStore

    var routes: [Route] {
        let base = "2.0/mlflow/logged-models"
        let one = base + "/{model}"
        return [
            MLflowRoute.routes([.post], base, .trackingWrite, create),
            MLflowRoute.routes([.post], base + "/search", .trackingRead, search),
            MLflowRoute.routes([.get], one, .trackingRead) { call in
                let model = try await models.get(try call.context.parameter("model"), by: call.caller)
                return JSONWriter.object { $0.member("model") { $0.write(model) } }
            },
            MLflowRoute.routes([.patch], one, .trackingWrite) { call in
                guard let status = try call.fields.choice("status", LoggedModel.Status.self) else { throw MLflowFields.missing("status") }
                let model = try await models.finish(try call.context.parameter("model"), as: status, by: call.caller)
                return JSONWriter.object { $0.member("model") { $0.write(model) } }
            },
            MLflowRoute.routes(
                [.delete], one, .trackingWrite,
                MLflowRoute.done { try await models.delete(try $0.context.parameter("model"), by: $0.caller) }),
            MLflowRoute.routes([.patch], one + "/tags", .trackingWrite) { call in
                let model = try await models.setTags(
                    try call.fields.tags("tags"), on: try call.context.parameter("model"), by: call.caller)
                return JSONWriter.object { $0.member("model") { $0.write(model) } }
            },
            MLflowRoute.routes(
                [.delete], one + "/tags/{key}", .trackingWrite,
                MLflowRoute.done { call in
                    try await models.deleteTag(try call.context.parameter("key"), of: try call.context.parameter("model"), by: call.caller)
                }),
            MLflowRoute.routes([.post], one + "/params", .trackingWrite, bodyLimit: RunDataRoutes.batchBodyLimit) { call in
                let model = try await models.logParams(
                    try call.fields.tags("params"), on: try call.context.parameter("model"), by: call.caller)
                return JSONWriter.object { $0.member("model") { $0.write(model) } }
            },
            MLflowRoute.routes([.get], one + "/artifacts/directories", .trackingRead) { call in
                let model = try await models.get(try call.context.parameter("model"), by: call.caller)
                return try await ArtifactListing(artifacts: artifacts).answer(at: model.location, call)
            },
        ].flatMap(\.self)
    }

    private func create(_ call: MLflowCall) async throws -> JSONWriter {
        let fields = call.fields
        let run = try fields.text("source_run_id")
        var name = try fields.text("name") ?? ""
        if name.isEmpty { name = RunNames.random() }
        let model = try await models.create(
            name, in: try fields.experiment(), type: try fields.text("model_type"), run: run?.isEmpty == false ? run : nil,
            params: try fields.tags("params"), tags: try fields.tags("tags"), by: call.caller)
        return JSONWriter.object { $0.member("model") { $0.write(model) } }
    }

    private func search(_ call: MLflowCall) async throws -> JSONWriter {
        let fields = call.fields
        let order = try fields.objects("order_by").map { term throws(Problem) in
            let parsed = try FilterParser.sortTerm(in: try term.required("field_name"))
            return SortTerm(parsed.subject, isDescending: try term.bool("ascending") == false)
        }
        let (items, next) = try await models.search(
            try fields.text("filter") ?? "", in: try fields.experiments(), order: order,
            after: try fields.page(), limit: try fields.count("max_results", default: 100), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("models", objects: items) { model, writer in writer.write(model) }
            writer.member("next_page_token", next?.text)
        }
    }
}
