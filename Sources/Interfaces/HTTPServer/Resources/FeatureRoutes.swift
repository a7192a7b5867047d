// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Serving

/// The online store: what endpoints look up for their clients.
package struct FeatureRoutes: RouteGroup {
    private let features: OnlineFeatures

    package init(features: OnlineFeatures) {
        self.features = features
    }

    package var routes: [Route] {
        [
            Route(.post, "/api/v1/feature-services/{service}/rows", .permission(.endpointWrite), bodyLimit: 32 << 20, handler: write),
            Route(.get, "/api/v1/feature-services/{service}/rows/{entity}", .permission(.endpointRead), handler: show),
        ]
    }

    private func write(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let service = try context.parameter("service")
        let body = try await RequestBody.json(FeatureRowsRequest.self, of: request, &context)
        let rows = body.rows.map { FeatureRow(entity: $0.entity, time: Timestamp(milliseconds: $0.time), values: $0.values) }
        return try Answer.json(FeatureRowsAnswer(changed: try await features.write(rows, to: service, by: context.caller)))
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let row = try await features.row(of: try context.parameter("entity"), in: try context.parameter("service"), by: context.caller)
        return try Answer.json(FeatureRowBody(entity: row.entity, time: row.time.milliseconds, values: row.values))
    }
}
