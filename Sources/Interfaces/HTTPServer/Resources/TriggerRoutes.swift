// SPDX-License-Identifier: Apache-2.0

import API
package import Backends
import Domain
import Foundation
import Governance
import Hummingbird
package import Pipelines

/// Triggers, what came of their events, and events sent to them.
package struct TriggerRoutes: RouteGroup {
    /// 256 KiB: an event tells that something happened; the thing itself lies elsewhere.
    private static let largestEvent = 256 << 10
    private static let timesShown = 5

    private let triggers: Triggers
    private let clock: any WallClock

    package init(triggers: Triggers, clock: any WallClock = SystemWallClock()) {
        self.triggers = triggers
        self.clock = clock
    }

    package var routes: [Route] {
        let one = "/api/v1/triggers/{trigger}"
        return [
            Route(.get, "/api/v1/triggers", .permission(.pipelineRead), handler: list),
            Route(.post, "/api/v1/triggers", .permission(.pipelineApply), handler: apply),
            Route(.get, one, .permission(.pipelineRead), handler: show),
            Route(.delete, one, .permission(.pipelineApply), handler: delete),
            Route(.post, one + "/pause", .permission(.pipelineApply), handler: pause),
            Route(.post, one + "/resume", .permission(.pipelineApply), handler: resume),
            Route(.post, one + "/events", .permission(.executionStart), bodyLimit: Self.largestEvent, handler: receive),
            Route(.get, one + "/firings", .permission(.pipelineRead), handler: listFirings),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let page = try await triggers.list(after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(
            Page(items: try page.map { try answer($0, times: 1) }, next: page.count == query.limit ? page.last?.name : nil))
    }

    private func apply(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(JSONValue.self, of: request, &context)
        let trigger = try await triggers.apply(try TriggerSpecification.read(body), by: context.caller)
        return try Answer.json(try answer(trigger, times: Self.timesShown), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let trigger = try await triggers.get(try context.parameter("trigger"), by: context.caller)
        return try Answer.json(try answer(trigger, times: Self.timesShown))
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        try await triggers.delete(try context.parameter("trigger"), by: context.caller)
        return try Answer.json(EmptyAnswer())
    }

    private func pause(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(try answer(try await triggers.pause(try context.parameter("trigger"), by: context.caller), times: 0))
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(
            try answer(try await triggers.resume(try context.parameter("trigger"), by: context.caller), times: Self.timesShown))
    }

    /// 202 for a new event and for one that was sent before, with what came of it so far.
    private func receive(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let event = try await CloudEventRequest(clock: clock).event(of: request, context)
        // Source and id name the event; a key beside them would be a second name.
        context.caller.idempotency = nil
        let firing = try await triggers.receive(event, for: try context.parameter("trigger"), by: context.caller)
        return try Answer.json(TriggerFiringAnswer(firing), status: .accepted)
    }

    private func listFirings(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let firings = try await triggers.firings(
            of: try context.parameter("trigger"), after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(firings, id: \.place, TriggerFiringAnswer.init))
    }

    private func answer(_ trigger: Trigger, times: Int) throws -> TriggerAnswer {
        var next: [Int64] = []
        if case .schedule(let source) = trigger.specification.source, trigger.paused == nil,
            let schedule = try? Schedule(source.cron, timeZone: source.timeZone)
        {
            var last = clock.now()
            while next.count < times, let time = schedule.next(after: last) {
                next.append(time.milliseconds)
                last = time
            }
        }
        return TriggerAnswer(
            name: trigger.name, kind: trigger.specification.source.kind.rawValue, pipeline: trigger.pipeline,
            specification: try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(trigger.specification)),
            generation: trigger.generation, author: trigger.author, created: trigger.created.milliseconds,
            paused: trigger.paused?.milliseconds, next: next, lastStarted: trigger.lastStarted?.milliseconds, waiting: trigger.waiting)
    }
}

extension TriggerFiringAnswer {
    init(_ firing: TriggerFiring) {
        self.init(
            entry: firing.entry, state: firing.state.rawValue, execution: firing.execution, blocked: firing.blocked,
            reason: firing.reason?.rawValue, subject: firing.subject, key: firing.key, time: firing.time.milliseconds,
            decided: firing.decided?.milliseconds)
    }
}
