// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Pipelines

/// Backfills and how far they are.
package struct BackfillRoutes: RouteGroup {
    private let backfills: Backfills

    package init(backfills: Backfills) {
        self.backfills = backfills
    }

    package var routes: [Route] {
        let one = "/api/v1/backfills/{backfill}"
        return [
            Route(.get, "/api/v1/backfills", .permission(.pipelineRead), handler: list),
            Route(.post, "/api/v1/backfills", .permission(.executionStart), handler: start),
            Route(.get, one, .permission(.pipelineRead), handler: show),
            Route(.get, one + "/partitions", .permission(.pipelineRead), handler: listPartitions),
            Route(.post, one + "/pause", .permission(.executionStart), handler: pause),
            Route(.post, one + "/resume", .permission(.executionStart), handler: resume),
            Route(.post, one + "/cancel", .permission(.executionStart), handler: cancel),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let page = try await backfills.list(before: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(page, id: \.id, BackfillAnswer.init))
    }

    private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(StartBackfillRequest.self, of: request, &context)
        let new = BackfillRequest(
            pipeline: body.pipeline, parameter: body.parameter, partitions: try partitions(of: body), parameters: body.parameters ?? [:],
            concurrency: body.concurrency ?? 1, again: body.again ?? false)
        return try Answer.json(BackfillAnswer(try await backfills.start(new, by: context.caller)), status: .created)
    }

    private func partitions(of body: StartBackfillRequest) throws -> BackfillRequest.Partitions {
        switch (body.from, body.to, body.values) {
        case (let from?, let to?, nil):
            return .dates(from: from, to: to, step: try BackfillRequest.Step.named(body.step ?? "day", as: "step"))
        case (nil, nil, let values?): return .values(values)
        default:
            throw Problem(
                .invalid, "pipelines.backfill.partitions", "The backfill names no partitions, or does so twice.",
                fix: "Give 'from' and 'to' with a 'step', or 'values'.")
        }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(BackfillAnswer(try await backfills.get(try context.parameter("backfill"), by: context.caller)))
    }

    private func listPartitions(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let page = try await backfills.partitions(
            of: try context.parameter("backfill"), after: try query.integer("after").map { Int($0) },
            state: try query.choice("state", of: BackfillPartition.State.self), limit: query.limit, by: context.caller)
        return try Answer.json(query.page(page, id: { String($0.position) }, BackfillPartitionAnswer.init))
    }

    private func pause(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(BackfillAnswer(try await backfills.pause(try context.parameter("backfill"), by: context.caller)))
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(BackfillAnswer(try await backfills.resume(try context.parameter("backfill"), by: context.caller)))
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(BackfillAnswer(try await backfills.cancel(try context.parameter("backfill"), by: context.caller)))
    }
}

extension BackfillAnswer {
    init(_ backfill: Backfill) {
        self.init(
            id: backfill.id, pipeline: backfill.pipeline, parameter: backfill.parameter, parameters: backfill.parameters,
            concurrency: backfill.concurrency, state: backfill.state.rawValue, author: backfill.author.qualifiedName,
            created: backfill.created.milliseconds, ended: backfill.ended?.milliseconds,
            counts: Dictionary(uniqueKeysWithValues: backfill.counts.map { ($0.key.rawValue, $0.value) }))
    }
}

extension BackfillPartitionAnswer {
    init(_ partition: BackfillPartition) {
        self.init(
            position: partition.position, value: partition.value, state: partition.state.rawValue, execution: partition.execution,
            detail: partition.detail)
    }
}
