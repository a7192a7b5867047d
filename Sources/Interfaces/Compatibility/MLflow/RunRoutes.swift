// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import HTTPServer
import HTTPTypes
import Tracking

struct RunRoutes: RouteGroup {
    let runs: RunTracking

    var routes: [Route] {
        let base = "2.0/mlflow/runs/"
        return [
            MLflowRoute.routes([.post], base + "create", .trackingWrite, create),
            MLflowRoute.routes([.get], base + "get", .trackingRead) { call in
                let run = try await runs.get(try call.fields.run(), by: call.caller)
                return JSONWriter.object { $0.member("run") { $0.write(run) } }
            },
            MLflowRoute.routes([.post], base + "update", .trackingWrite, update),
            MLflowRoute.routes(
                [.post], base + "delete", .trackingWrite, MLflowRoute.done { try await runs.delete(try $0.fields.run(), by: $0.caller) }),
            MLflowRoute.routes(
                [.post], base + "restore", .trackingWrite, MLflowRoute.done { try await runs.restore(try $0.fields.run(), by: $0.caller) }),
            MLflowRoute.routes([.post], base + "search", .trackingRead, search),
            MLflowRoute.routes([.post], base + "log-inputs", .trackingWrite, bodyLimit: 64 << 20, MLflowRoute.done(logInputs)),
            MLflowRoute.routes(
                [.post], base + "outputs", .trackingWrite,
                MLflowRoute.done { call in
                    let models = try call.fields.objects("models").map { model throws(Problem) in
                        RunModel(model: try model.required("model_id"), direction: .output, step: try model.integer("step") ?? 0)
                    }
                    try await runs.link(models: models, to: try call.fields.run(), by: call.caller)
                }),
        ].flatMap(\.self)
    }

    private func create(_ call: MLflowCall) async throws -> JSONWriter {
        var tags = try call.fields.tags("tags")
        var name = try call.fields.text("run_name") ?? ""
        if name.isEmpty { name = RunNames.name(in: tags) ?? RunNames.random() }
        if RunNames.name(in: tags) == nil { tags.append(Tag(RunNames.tag, name)) }
        let author = try call.fields.text("user_id")
        let run = try await runs.create(
            in: try call.fields.experiment(), name: name, author: author?.isEmpty == false ? author : nil,
            started: try call.fields.time("start_time"), tags: tags, by: call.caller)
        return JSONWriter.object { $0.member("run") { $0.write(run) } }
    }

    private func update(_ call: MLflowCall) async throws -> JSONWriter {
        let name = try call.fields.text("run_name").flatMap { $0.isEmpty ? nil : $0 }
        let run = try await runs.update(
            try call.fields.run(), status: try call.fields.choice("status", Run.Status.self), ended: try call.fields.time("end_time"),
            name: name, tags: name.map { [Tag(RunNames.tag, $0)] } ?? [], by: call.caller)
        return JSONWriter.object { $0.member("run_info") { $0.writeInfo(run) } }
    }

    private func search(_ call: MLflowCall) async throws -> JSONWriter {
        let experiments = try call.fields.experiments()
        let (items, next) = try await runs.search(
            try call.fields.text("filter") ?? "", in: experiments, order: try call.fields.texts("order_by"),
            view: try call.fields.view("run_view_type"), after: try call.fields.page(),
            limit: try call.fields.count("max_results", default: 1000), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("runs", objects: items) { run, writer in writer.write(run) }
            writer.member("next_page_token", next?.text)
        }
    }

    private func logInputs(_ call: MLflowCall) async throws {
        let inputs = try call.fields.objects("datasets").map { input throws(Problem) -> RunInput in
            guard let dataset = try input.object("dataset") else { throw MLflowFields.missing("dataset") }
            let tags = try input.tags("tags")
            return RunInput(dataset: try Self.dataset(dataset), tags: tags, context: tags.last { $0.key == "mlflow.data.context" }?.value)
        }
        let models = try call.fields.objects("models").map { model throws(Problem) in
            RunModel(model: try model.required("model_id"), direction: .input)
        }
        try await runs.link(inputs, models: models, to: try call.fields.run(), by: call.caller)
    }

    private static func dataset(_ fields: MLflowFields) throws(Problem) -> InputDataset {
        let dataset = InputDataset(
            name: try fields.required("name"), digest: try fields.required("digest"), sourceType: try fields.required("source_type"),
            source: try fields.required("source"), schema: try fields.text("schema"), profile: try fields.text("profile"))
        for (name, value, limit) in [
            ("name", dataset.name, 500), ("digest", dataset.digest, 36), ("source", dataset.source, 65_535),
            ("schema", dataset.schema ?? "", 1_048_575), ("profile", dataset.profile ?? "", 16_777_215),
        ] where value.unicodeScalars.count > limit {
            throw Problem(.invalid, "mlflow.dataset.length", "Dataset \(name) exceeds the maximum length of \(limit).")
        }
        return dataset
    }
}
