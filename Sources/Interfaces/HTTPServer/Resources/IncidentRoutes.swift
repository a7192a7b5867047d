// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Monitoring

/// What waits for a person, and what became of it.
package struct IncidentRoutes: RouteGroup {
    private let incidents: Incidents

    package init(incidents: Incidents) {
        self.incidents = incidents
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/incidents", .permission(.monitoringRead), handler: list),
            Route(.post, "/api/v1/incidents/{incident}/close", .permission(.monitorWrite), handler: close),
        ]
    }

    /// `?open` or `?open=true` for those that wait, `?open=false` for the closed; `?endpoint=` for one endpoint.
    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let incidents = try await incidents.incidents(
            endpoint: query.text("endpoint"), isOpen: query.text("open").map { $0 != "false" }, after: query.after, limit: query.limit,
            by: context.caller)
        return try Answer.json(query.page(incidents, id: \.id, IncidentAnswer.init))
    }

    private func close(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("incident")
        let body = try await RequestBody.json(CloseIncidentRequest.self, of: request, &context)
        let resolution = try body.resolution.map { try Incident.Resolution.named($0, as: "resolution") } ?? .repaired
        return try Answer.json(
            IncidentAnswer(try await incidents.close(id, note: body.note, resolution: resolution, by: context.caller)))
    }
}
