// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import HTTPServer
import HTTPTypes
import Tracking

/// Evaluation datasets as MLflow speaks of them, without their records.
struct EvaluationDatasetRoutes: RouteGroup {
    /// Of a search; a page has fewer, and a token for the next.
    private static let maximumResults = 50_000

    let datasets: EvaluationDatasetTracking

    var routes: [Route] {
        let base = "3.0/mlflow/datasets"
        let one = base + "/{dataset}"
        return [
            MLflowRoute.routes([.post], base + "/create", .trackingWrite, create),
            MLflowRoute.routes([.get, .post], base + "/search", .trackingRead, search),
            MLflowRoute.routes([.get], one, .trackingRead) { call in
                Self.answer(try await datasets.get(try call.context.parameter("dataset"), by: call.caller))
            },
            MLflowRoute.routes(
                [.delete], one, .trackingWrite,
                MLflowRoute.done { try await datasets.delete(try $0.context.parameter("dataset"), by: $0.caller) }),
            MLflowRoute.routes(
                [.patch], one + "/tags", .trackingWrite,
                MLflowRoute.done { call in
                    guard let tags = try Self.tags(call.fields) else { throw MLflowFields.missing("tags") }
                    try await datasets.setTags(tags, on: try call.context.parameter("dataset"), by: call.caller)
                }),
            MLflowRoute.routes(
                [.delete], one + "/tags/{key}", .trackingWrite,
                MLflowRoute.done { call in
                    try await datasets.deleteTag(
                        try call.context.parameter("key"), of: try call.context.parameter("dataset"), by: call.caller)
                }),
            MLflowRoute.routes([.get], one + "/experiment-ids", .trackingRead, experiments),
            MLflowRoute.routes([.post], one + "/add-experiments", .trackingWrite) { call in
                Self.answer(
                    try await datasets.add(
                        try call.fields.experiments(), to: try call.context.parameter("dataset"), by: call.caller))
            },
            MLflowRoute.routes([.post], one + "/remove-experiments", .trackingWrite) { call in
                Self.answer(
                    try await datasets.remove(
                        try call.fields.experiments(), from: try call.context.parameter("dataset"), by: call.caller))
            },
        ].flatMap(\.self)
    }

    private func create(_ call: MLflowCall) async throws -> JSONWriter {
        Self.answer(
            try await datasets.create(
                try call.fields.required("name"), tags: try Self.tags(call.fields) ?? [], experiments: try call.fields.experiments(),
                by: call.caller))
    }

    private func search(_ call: MLflowCall) async throws -> JSONWriter {
        let limit = try call.fields.count("max_results", default: EvaluationDatasetTracking.maximumPage)
        try SearchLimit.check(limit, atMost: Self.maximumResults)
        let (items, next) = try await datasets.search(
            try call.fields.text("filter_string") ?? "", in: try call.fields.experiments(), order: try call.fields.texts("order_by"),
            after: try call.fields.page(), limit: min(limit, EvaluationDatasetTracking.maximumPage), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("datasets", objects: items) { dataset, writer in writer.write(dataset) }
            writer.member("next_page_token", next?.text)
        }
    }

    /// Those of a dataset that is not there are none.
    private func experiments(_ call: MLflowCall) async throws -> JSONWriter {
        do {
            let dataset = try await datasets.get(try call.context.parameter("dataset"), by: call.caller)
            return JSONWriter.object { $0.member("experiment_ids", texts: dataset.experiments.map { String($0) }) }
        } catch let problem as Problem where problem.kind == .notFound {
            return JSONWriter.object { _ in }
        }
    }

    private static func answer(_ dataset: EvaluationDataset) -> JSONWriter {
        JSONWriter.object { $0.member("dataset") { $0.write(dataset) } }
    }

    /// An object as JSON in a text; nil when absent. What is no text is taken as Python prints it, and null as nothing.
    private static func tags(_ fields: MLflowFields) throws(Problem) -> [Tag]? {
        guard let text = try fields.text("tags"), !text.isEmpty else { return nil }
        guard case .object(let members)? = try? JSONReader.value(of: text) else { throw MLflowFields.invalid("tags", .string(text)) }
        return members.sorted { $0.key < $1.key }.compactMap { key, value in
            switch value {
            case .null: nil
            case .bool(let flag): Tag(key, flag ? "True" : "False")
            case .string(let text): Tag(key, text)
            case .integer, .number, .array, .object: Tag(key, value.jsonText)
            }
        }
    }
}
