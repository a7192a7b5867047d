// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Tracking

/// Evaluation datasets and their records.
package struct EvaluationDatasetRoutes: RouteGroup {
    private let datasets: EvaluationDatasetTracking

    package init(datasets: EvaluationDatasetTracking) {
        self.datasets = datasets
    }

    package var routes: [Route] {
        let all = "/api/v1/evaluation-datasets"
        let one = all + "/{dataset}"
        return [
            Route(.get, all, .permission(.trackingRead), handler: list),
            Route(.post, all, .permission(.trackingWrite), handler: create),
            Route(.get, one, .permission(.trackingRead)) { _, context in try await answer(context) },
            Route(.delete, one, .permission(.trackingWrite)) { _, context in
                let dataset = try await datasets.get(try context.parameter("dataset"), by: context.caller)
                try await datasets.delete(dataset.id, by: context.caller)
                return try Answer.json(EvaluationDatasetAnswer(dataset))
            },
            Route(.put, one + "/tags/**", .permission(.trackingWrite), handler: setTag),
            Route(.delete, one + "/tags/**", .permission(.trackingWrite)) { _, context in
                try await datasets.deleteTag(try context.remainingKey(), of: try context.parameter("dataset"), by: context.caller)
                return try await answer(context)
            },
            Route(.put, one + "/experiments/{experiment}", .permission(.trackingWrite)) { _, context in
                let dataset = try await datasets.add(
                    [try context.experiment()], to: try context.parameter("dataset"), by: context.caller)
                return try Answer.json(EvaluationDatasetAnswer(dataset))
            },
            Route(.delete, one + "/experiments/{experiment}", .permission(.trackingWrite)) { _, context in
                let dataset = try await datasets.remove(
                    [try context.experiment()], from: try context.parameter("dataset"), by: context.caller)
                return try Answer.json(EvaluationDatasetAnswer(dataset))
            },
            Route(.get, one + "/records", .permission(.trackingRead), handler: records),
            Route(.delete, one + "/records/{record}", .permission(.trackingWrite)) { _, context in
                let count = try await datasets.deleteRecords(
                    [try context.parameter("record")], of: try context.parameter("dataset"), by: context.caller)
                return try Answer.json(DeletedRecordsAnswer(deleted: count))
            },
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let (items, next) = try await datasets.search(
            query.text("filter") ?? "", in: query.text("experiment") == nil ? [] : try query.experiments(), order: query.order,
            after: try query.pageToken(), limit: query.limit, by: context.caller)
        return try Answer.json(Page(items: items.map { EvaluationDatasetAnswer($0) }, next: next?.text))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CreateEvaluationDatasetRequest.self, of: request, &context)
        let dataset = try await datasets.create(
            body.name, tags: [Tag](body.tags), experiments: body.experiments ?? [], by: context.caller)
        return try Answer.json(EvaluationDatasetAnswer(dataset), status: .created)
    }

    private func setTag(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(TagValueRequest.self, of: request, &context)
        try await datasets.setTags(
            [Tag(try context.remainingKey(), body.value)], on: try context.parameter("dataset"), by: context.caller)
        return try await answer(context)
    }

    private func records(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let (items, next) = try await datasets.records(
            of: try context.parameter("dataset"), after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(Page(items: items.map { EvaluationRecordAnswer($0) }, next: next))
    }

    private func answer(_ context: APIContext) async throws -> Response {
        try Answer.json(EvaluationDatasetAnswer(try await datasets.get(try context.parameter("dataset"), by: context.caller)))
    }
}

extension EvaluationDatasetAnswer {
    init(_ dataset: EvaluationDataset) {
        self.init(
            id: dataset.id, name: dataset.name, digest: dataset.digest, records: dataset.recordCount,
            inputs: dataset.schema?.inputs.mapValues(\.rawValue) ?? [:], outputs: dataset.schema?.outputs.mapValues(\.rawValue) ?? [:],
            expectations: dataset.schema?.expectations.mapValues(\.rawValue) ?? [:], experiments: dataset.experiments,
            tags: dataset.tags.bodies, created: dataset.created.milliseconds, author: dataset.author,
            updated: dataset.updated.milliseconds, editor: dataset.editor)
    }
}

extension EvaluationRecordAnswer {
    init(_ record: EvaluationRecord) {
        self.init(
            id: record.id, inputs: record.inputs, outputs: record.outputs, expectations: record.expectations, tags: record.tags,
            sourceKind: record.source?.kind.rawValue, source: record.source?.data, created: record.created.milliseconds,
            author: record.author, updated: record.updated.milliseconds, editor: record.editor)
    }
}
