// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Governance
import Hummingbird

/// Releases that skip their gates.
package struct EmergencyRoutes: RouteGroup {
    private let emergencies: Emergencies

    package init(emergencies: Emergencies) {
        self.emergencies = emergencies
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/emergencies", .permission(.deliveryRead), handler: list),
            Route(.post, "/api/v1/emergencies", .permission(.releaseCreate), handler: ask),
            Route(.post, "/api/v1/emergencies/{release}/close", .permission(.approvalDecide), handler: close),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let isOpen = query.text("open").map { $0 == "true" }
        let found = try await emergencies.emergencies(isOpen: isOpen, after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(found, id: \.report, EmergencyAnswer.init))
    }

    private func ask(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(AskEmergencyRequest.self, of: request, &context)
        let subject = ReleaseSubject(endpoint: body.endpoint, model: body.model, version: body.version)
        let emergency = try await emergencies.ask(for: subject, because: body.reason, by: context.caller)
        return try Answer.json(EmergencyAnswer(emergency), status: .created)
    }

    private func close(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let release = try context.parameter("release")
        let body = try await RequestBody.json(CloseEmergencyRequest.self, of: request, &context)
        return try Answer.json(EmergencyAnswer(try await emergencies.close(release, note: body.note, by: context.caller)))
    }
}

extension EmergencyAnswer {
    init(_ emergency: Emergency) {
        self.init(
            report: emergency.report, approval: emergency.approval, endpoint: emergency.subject.endpoint, model: emergency.subject.model,
            version: emergency.subject.version, reason: emergency.reason, askedBy: emergency.askedBy, asked: emergency.asked.milliseconds,
            release: emergency.release, opened: emergency.opened?.milliseconds, closed: emergency.closed?.milliseconds,
            closedBy: emergency.closedBy, note: emergency.note)
    }
}
