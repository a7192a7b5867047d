// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Tracking

/// Traces, to be found, read and deleted; they are recorded by OpenTelemetry's and MLflow's protocols.
package struct TraceRoutes: RouteGroup {
    private let traces: TraceTracking

    package init(traces: TraceTracking) {
        self.traces = traces
    }

    package var routes: [Route] {
        let one = "/api/v1/traces/{trace}"
        return [
            Route(.get, "/api/v1/traces", .permission(.trackingRead), handler: list),
            Route(.get, one, .permission(.trackingRead)) { _, context in
                let record = try await traces.record(of: try context.parameter("trace"), by: context.caller)
                return try Answer.json(TraceAnswer(record.trace, spans: record.spans))
            },
            Route(.delete, one, .permission(.trackingWrite)) { _, context in
                let trace = try await traces.get(try context.parameter("trace"), by: context.caller)
                _ = try await traces.delete(in: trace.experiment, ids: [trace.id], limit: 1, by: context.caller)
                return try Answer.json(TraceAnswer(trace))
            },
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let (items, next) = try await traces.search(
            query.text("filter") ?? "", in: try query.experiments(), order: query.order, after: try query.pageToken(),
            limit: min(query.limit, TraceTracking.maximumPage), by: context.caller)
        return try Answer.json(Page(items: items.map { TraceAnswer($0) }, next: next?.text))
    }
}

extension TraceAnswer {
    init(_ trace: Trace, spans: [TraceSpan]? = nil) {
        self.init(
            id: trace.id, experiment: trace.experiment, name: trace.name, state: trace.state.rawValue,
            started: trace.started.milliseconds, duration: trace.duration, request: trace.request, response: trace.response,
            tags: trace.tags.bodies, metadata: trace.metadata.bodies,
            assessments: trace.assessments.map { assessment in
                TraceAssessmentAnswer(
                    id: assessment.id, kind: assessment.kind.rawValue, name: assessment.name, value: assessment.value,
                    source: assessment.source.id, span: assessment.span, rationale: assessment.rationale, isValid: assessment.isValid)
            },
            spanCount: trace.spanCount,
            spans: spans?.map { span in
                TraceSpanAnswer(
                    id: span.id, parent: span.parent, name: span.name, type: span.type, status: span.status.rawValue,
                    message: span.message, started: span.started, ended: span.ended,
                    attributes: span.attributes.map { TagBody(key: $0.key, value: $0.value.searchText) })
            })
    }
}
