// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Registry
import Tracking

/// How long things are kept, and passes that remove what need not be.
package struct RetentionRoutes: RouteGroup {
    private let retention: Retention

    package init(retention: Retention) {
        self.retention = retention
    }

    package var routes: [Route] {
        let one = "/api/v1/retention/experiments/{experiment}"
        let workspace = "/api/v1/retention/workspace"
        return [
            Route(.get, "/api/v1/retention", .permission(.retentionRead), handler: list),
            Route(.put, workspace, .permission(.retentionManage)) { try await set(nil, $0, $1) },
            Route(.put, one, .permission(.retentionManage)) { try await set(try $1.experiment(), $0, $1) },
            Route(.delete, workspace, .permission(.retentionManage)) { try await delete(nil, $1) },
            Route(.delete, one, .permission(.retentionManage)) { try await delete(try $1.experiment(), $1) },
            Route(.post, "/api/v1/retention/passes", .permission(.retentionManage), timeLimit: Route.longTimeLimit, handler: pass),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(Page(items: try await retention.policies(by: context.caller).map { RetentionPolicyAnswer($0) }))
    }

    private func set(_ experiment: Int64?, _ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(SetRetentionRequest.self, of: request, &context)
        let policy = RetentionPolicy(
            experiment: experiment, deletedDays: body.deletedDays, unreferredDays: body.unreferredDays, traceDays: body.traceDays)
        return try Answer.json(RetentionPolicyAnswer(try await retention.set(policy, by: context.caller)))
    }

    private func delete(_ experiment: Int64?, _ context: APIContext) async throws -> Response {
        try await retention.delete(of: experiment, by: context.caller)
        return try Answer.json(EmptyAnswer())
    }

    private func pass(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(RetentionPassRequest.self, of: request, &context)
        let report = try await retention.pass(isDryRun: body.isDryRun, by: context.caller)
        return try Answer.json(
            RetentionPassAnswer(
                isDryRun: report.isDryRun,
                lines: report.lines.map { line in
                    RetentionPassAnswer.Line(
                        action: line.action.rawValue, count: line.count, files: line.files, bytes: line.bytes, ids: line.ids)
                }))
    }
}

extension RetentionPolicyAnswer {
    init(_ policy: RetentionPolicy) {
        self.init(
            experiment: policy.experiment, deletedDays: policy.deletedDays, unreferredDays: policy.unreferredDays,
            traceDays: policy.traceDays, author: policy.author, updated: policy.updated.milliseconds)
    }
}
