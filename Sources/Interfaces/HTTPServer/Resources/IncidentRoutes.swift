// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Monitoring

/// What waits for a person, and what became of it.
package struct IncidentRoutes: RouteGroup {
    private let incidents: Incidents
    private let alerts: OutsideAlerts

    package init(incidents: Incidents, alerts: OutsideAlerts) {
        self.incidents = incidents
        self.alerts = alerts
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/incidents", .permission(.monitoringRead), handler: list),
            Route(.post, "/api/v1/alerts/alertmanager", .permission(.monitorWrite), handler: takeAlerts),
            Route(.get, "/api/v1/incidents/{incident}", .permission(.monitoringRead), handler: show),
            Route(.post, "/api/v1/incidents/{incident}/acknowledge", .permission(.monitorWrite), handler: acknowledge),
            Route(.post, "/api/v1/incidents/{incident}/snooze", .permission(.monitorWrite), handler: snooze),
            Route(.post, "/api/v1/incidents/{incident}/assign", .permission(.monitorWrite), handler: assign),
            Route(.post, "/api/v1/incidents/{incident}/comment", .permission(.monitorWrite), handler: comment),
            Route(.post, "/api/v1/incidents/{incident}/close", .permission(.monitorWrite), handler: close),
        ]
    }

    /// `?open` or `?open=true` for those that wait, `?open=false` for the closed; `?endpoint=`, `?monitor=`, `?owner=`.
    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let filter = IncidentFilter(
            endpoint: query.text("endpoint"), monitor: query.text("monitor"), owner: query.text("owner"),
            isOpen: query.text("open").map { $0 != "false" })
        let incidents = try await incidents.incidents(filter, after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(incidents, id: \.id, IncidentAnswer.init))
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(IncidentDetailAnswer(try await incidents.story(of: try context.parameter("incident"), by: context.caller)))
    }

    private func acknowledge(_ request: Request, _ context: APIContext) async throws -> Response {
        let (id, body, context) = try await act(request, context)
        return try Answer.json(IncidentAnswer(try await incidents.acknowledge(id, note: body.note, by: context.caller)))
    }

    private func snooze(_ request: Request, _ context: APIContext) async throws -> Response {
        let (id, body, context) = try await act(request, context)
        guard let until = body.until else { throw Self.missing("until") }
        return try Answer.json(
            IncidentAnswer(
                try await incidents.snooze(id, until: Timestamp(milliseconds: until), note: body.note, by: context.caller)))
    }

    private func assign(_ request: Request, _ context: APIContext) async throws -> Response {
        let (id, body, context) = try await act(request, context)
        guard let owner = body.owner else { throw Self.missing("owner") }
        return try Answer.json(IncidentAnswer(try await incidents.assign(id, to: owner, note: body.note, by: context.caller)))
    }

    private func comment(_ request: Request, _ context: APIContext) async throws -> Response {
        let (id, body, context) = try await act(request, context)
        guard let note = body.note else { throw Self.missing("note") }
        return try Answer.json(IncidentAnswer(try await incidents.comment(id, note, by: context.caller)))
    }

    /// What Alertmanager's webhooks send, version 4.
    private func takeAlerts(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(AlertmanagerMessage.self, of: request, &context)
        let count = try await alerts.take(try body.alerts.map(OutsideAlert.init), by: context.caller)
        return try Answer.json(AlertsAnswer(opened: count.opened, closed: count.closed))
    }

    private func act(_ request: Request, _ context: APIContext) async throws -> (String, IncidentActRequest, APIContext) {
        var context = context
        let id = try context.parameter("incident")
        return (id, try await RequestBody.json(IncidentActRequest.self, of: request, &context), context)
    }

    private static func missing(_ field: String) -> Problem {
        Problem(.invalid, "monitoring.incident.act", "The act about the incident lacks '\(field)'.")
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
