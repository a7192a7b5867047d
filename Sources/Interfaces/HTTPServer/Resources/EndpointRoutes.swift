// SPDX-License-Identifier: Apache-2.0

import API
import Delivery
import Domain
import Governance
import Hummingbird
package import Serving

/// Endpoints, the predictions they made, and labels.
package struct EndpointRoutes: RouteGroup {
    private let endpoints: Endpoints
    private let labels: Labels

    package init(endpoints: Endpoints, labels: Labels) {
        self.endpoints = endpoints
        self.labels = labels
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/endpoints", .permission(.endpointRead), handler: list),
            Route(.get, "/api/v1/endpoints/{endpoint}", .permission(.endpointRead), handler: show),
            Route(.post, "/api/v1/endpoints/{endpoint}/labels", .permission(.labelWrite), handler: recordLabels),
            Route(.get, "/api/v1/predictions/{prediction}", .permission(.endpointRead), handler: showPrediction),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = request.uri.queryParameters
        let limit = query["limit"].flatMap { Int($0) } ?? 100
        let page = try await endpoints.list(after: query["after"].map(String.init), limit: limit, by: context.caller)
        let isFull = page.count == max(1, min(limit, Endpoints.maximumPage))
        return try Answer.json(Page(items: page.map(EndpointAnswer.init), next: isFull ? page.last?.name : nil))
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(EndpointAnswer(try await endpoints.endpoint(try context.parameter("endpoint"), by: context.caller)))
    }

    private func recordLabels(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let endpoint = try context.parameter("endpoint")
        let body = try await RequestBody.json(RecordLabelsRequest.self, of: request, &context)
        let given = body.labels.map { Label(predictionID: $0.prediction, value: $0.value) }
        let receipt = try await labels.record(given, for: endpoint, by: context.caller)
        return try Answer.json(
            RecordLabelsAnswer(recorded: receipt.recorded, corrected: receipt.corrected, unchanged: receipt.unchanged))
    }

    private func showPrediction(_ request: Request, _ context: APIContext) async throws -> Response {
        let (prediction, label) = try await endpoints.prediction(try context.parameter("prediction"), by: context.caller)
        return try Answer.json(
            PredictionAnswer(
                id: prediction.id, endpoint: prediction.endpoint, time: prediction.time.milliseconds, revision: prediction.revision,
                candidate: prediction.candidate, candidatePercent: prediction.candidatePercent, inputs: prediction.inputs,
                score: prediction.score, label: label, logged: prediction.logged.milliseconds,
                microseconds: prediction.microseconds, requestRows: prediction.requestRows, outputs: prediction.outputs))
    }
}

extension EndpointAnswer {
    init(_ overview: EndpointOverview) {
        self.init(
            name: overview.name, split: overview.splitVersion, since: overview.since.milliseconds,
            revisions: overview.revisions.map { revision, percent in
                RevisionAnswer(
                    revision: revision.number, model: revision.model, version: revision.version, release: revision.release,
                    percent: percent, created: revision.created.milliseconds, retired: revision.retired?.milliseconds)
            })
    }
}
