// SPDX-License-Identifier: Apache-2.0

import API
import Governance
import Hummingbird

/// Where a prediction came from, and what became of a snapshot.
package struct LineageRoutes: RouteGroup {
    private let query: LineageQuery
    private let key: String

    /// - Parameter key: The public key checkpoints are signed with, as text.
    package init(query: LineageQuery, key: String) {
        self.query = query
        self.key = key
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/lineage/predictions/{prediction}", .permission(.deliveryRead), handler: ofPrediction),
            Route(.get, "/api/v1/lineage/snapshots/{snapshot}", .permission(.snapshotRead), handler: ofSnapshot),
        ]
    }

    private func ofPrediction(_ request: Request, _ context: APIContext) async throws -> Response {
        let root = try await query.lineage(ofPrediction: try context.parameter("prediction"), by: context.caller)
        return try answer(root)
    }

    private func ofSnapshot(_ request: Request, _ context: APIContext) async throws -> Response {
        try answer(try await query.lineage(ofSnapshot: try context.parameter("snapshot"), by: context.caller))
    }

    private func answer(_ root: LineageNodeAnswer) throws -> Response {
        try Answer.json(
            LineageAnswer(
                root: root, missing: root.count(where: { $0.missing != nil }), faults: root.count(where: { !$0.faults.isEmpty }), key: key))
    }
}

extension LineageNodeAnswer {
    fileprivate func count(where condition: (LineageNodeAnswer) -> Bool) -> Int {
        (condition(self) ? 1 : 0) + children.reduce(0) { $0 + $1.count(where: condition) }
    }
}
