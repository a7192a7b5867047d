// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import HTTPServer
import HTTPTypes
import Tracking

struct ExperimentRoutes: RouteGroup {
    let experiments: ExperimentTracking

    var routes: [Route] {
        let base = "2.0/mlflow/experiments/"
        return [
            MLflowRoute.routes([.post], base + "create", .trackingWrite, create),
            MLflowRoute.routes([.get], base + "get", .trackingRead) { call in
                let experiment = try await experiments.get(try call.fields.experiment(), by: call.caller)
                return JSONWriter.object { $0.member("experiment") { $0.write(experiment) } }
            },
            MLflowRoute.routes([.get], base + "get-by-name", .trackingRead) { call in
                let experiment = try await experiments.named(try call.fields.required("experiment_name"), by: call.caller)
                return JSONWriter.object { $0.member("experiment") { $0.write(experiment) } }
            },
            MLflowRoute.routes([.post, .get], base + "search", .trackingRead, search),
            MLflowRoute.routes(
                [.post], base + "update", .trackingWrite,
                MLflowRoute.done { call in
                    let id = try call.fields.experiment()
                    guard let name = try call.fields.text("new_name"), !name.isEmpty else { return }
                    try await experiments.rename(id, to: name, by: call.caller)
                }),
            MLflowRoute.routes(
                [.post], base + "delete", .trackingWrite,
                MLflowRoute.done { try await experiments.delete(try $0.fields.experiment(), by: $0.caller) }),
            MLflowRoute.routes(
                [.post], base + "restore", .trackingWrite,
                MLflowRoute.done { try await experiments.restore(try $0.fields.experiment(), by: $0.caller) }),
            MLflowRoute.routes(
                [.post], base + "set-experiment-tag", .trackingWrite,
                MLflowRoute.done { call in
                    let tag = Tag(try call.fields.required("key"), try call.fields.text("value") ?? "")
                    try await experiments.setTag(tag, on: try call.fields.experiment(), by: call.caller)
                }),
            MLflowRoute.routes(
                [.post], base + "delete-experiment-tag", .trackingWrite,
                MLflowRoute.done { call in
                    try await experiments.deleteTag(try call.fields.required("key"), of: try call.fields.experiment(), by: call.caller)
                }),
        ].flatMap(\.self)
    }

    private func create(_ call: MLflowCall) async throws -> JSONWriter {
        let experiment = try await experiments.create(
            try call.fields.required("name"), place: try ArtifactURI.location(try call.fields.text("artifact_location")),
            tags: try call.fields.tags("tags"), by: call.caller)
        return JSONWriter.object { $0.member("experiment_id", String(experiment.id)) }
    }

    private func search(_ call: MLflowCall) async throws -> JSONWriter {
        let (items, next) = try await experiments.search(
            try call.fields.text("filter") ?? "", order: try call.fields.texts("order_by"), view: try call.fields.view("view_type"),
            after: try call.fields.page(), limit: try call.fields.count("max_results", default: 1000), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("experiments", objects: items) { experiment, writer in writer.write(experiment) }
            writer.member("next_page_token", next?.text)
        }
    }
}
