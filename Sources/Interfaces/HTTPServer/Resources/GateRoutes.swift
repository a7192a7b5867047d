// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Governance
import Hummingbird

/// Declared quality gates; documents of kind Gate make them.
package struct GateRoutes: RouteGroup {
    private let gates: Gates

    package init(gates: Gates) {
        self.gates = gates
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/gates", .permission(.deliveryRead), handler: list),
            Route(.get, "/api/v1/gates/{gate}", .permission(.deliveryRead), handler: show),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let found = try await gates.gates(after: query.after, limit: query.limit, by: context.caller)
        let answers = try found.map { try GateAnswer($0) }
        return try Answer.json(query.page(answers, id: \.name) { $0 })
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(GateAnswer(try await gates.gate(try context.parameter("gate"), by: context.caller)))
    }
}

extension GateAnswer {
    init(_ gate: Gate) throws {
        self.init(
            name: gate.name, revision: gate.revision, checks: try gate.specification.checks.map { try CanonicalSpec.encode($0) },
            onInconclusive: gate.specification.onInconclusive.rawValue, changed: gate.changed.milliseconds)
    }
}
