// SPDX-License-Identifier: Apache-2.0

import API
package import Contracts
import Domain
import Governance
import Hummingbird

/// Data contracts, checks of snapshots by them, and what snapshots say of their schemas.
package struct ContractRoutes: RouteGroup {
    private let contracts: DataContracts

    package init(contracts: DataContracts) {
        self.contracts = contracts
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/contracts", .permission(.snapshotRead), handler: list),
            Route(.put, "/api/v1/contracts", .permission(.snapshotRecord), handler: apply),
            Route(.get, "/api/v1/contracts/{contract}", .permission(.snapshotRead)) { _, context in
                try Answer.json(ContractAnswer(try await contracts.contract(try context.parameter("contract"), by: context.caller)))
            },
            Route(
                .post, "/api/v1/contracts/{contract}/reports", .permission(.snapshotRecord), timeLimit: Route.longTimeLimit, handler: check),
            Route(.get, "/api/v1/contracts/{contract}/reports", .permission(.snapshotRead)) { request, context in
                try await reports(request, context, contract: try context.parameter("contract"))
            },
            Route(.get, "/api/v1/snapshots/{snapshot}/contract-reports", .permission(.snapshotRead)) { request, context in
                try await reports(request, context, snapshot: try context.parameter("snapshot"))
            },
            Route(.get, "/api/v1/contract-reports/{report}", .permission(.snapshotRead)) { _, context in
                try Answer.json(ContractReportAnswer(try await contracts.report(try context.parameter("report"), by: context.caller)))
            },
            Route(
                .get, "/api/v1/snapshots/{snapshot}/contract-draft", .permission(.snapshotRead), timeLimit: Route.longTimeLimit,
                handler: draft),
            Route(
                .get, "/api/v1/snapshots/{snapshot}/evolution/{other}", .permission(.snapshotRead), timeLimit: Route.longTimeLimit,
                handler: evolution),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let contracts = try await contracts.contracts(after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(try contracts.map(ContractAnswer.init), id: \.name) { $0 })
    }

    private func apply(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let specification = try await RequestBody.json(ContractSpecification.self, of: request, &context)
        return try Answer.json(ContractAnswer(try await contracts.apply(specification, by: context.caller)))
    }

    private func check(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let name = try context.parameter("contract")
        let body = try await RequestBody.json(CheckContractRequest.self, of: request, &context)
        let report = try await contracts.check(name, body.snapshot, by: context.caller)
        return try Answer.json(ContractReportAnswer(report), status: .created)
    }

    private func reports(
        _ request: Request, _ context: APIContext, contract: String? = nil, snapshot: String? = nil
    ) async throws -> Response {
        let query = try ListQuery(request)
        let reports = try await contracts.reports(
            contract: contract, snapshot: snapshot, before: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(reports, id: \.id, ContractReportAnswer.init))
    }

    /// With `?name=` under that name, else under the dataset's.
    private func draft(_ request: Request, _ context: APIContext) async throws -> Response {
        let draft = try await contracts.draft(
            from: try context.parameter("snapshot"), named: try ListQuery(request).text("name"), by: context.caller)
        return try Answer.json(ContractDraftAnswer(document: draft.text))
    }

    private func evolution(_ request: Request, _ context: APIContext) async throws -> Response {
        let (before, after) = (try context.parameter("snapshot"), try context.parameter("other"))
        let evolution = try await contracts.evolution(from: before, to: after, by: context.caller)
        return try Answer.json(SchemaEvolutionAnswer(evolution, from: before, to: after))
    }
}
