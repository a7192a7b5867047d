// SPDX-License-Identifier: Apache-2.0

import API
package import Backends
import Domain
package import Governance
import Hummingbird

/// Collection of blobs and rotation of keys.
package struct StorageRoutes<Store: CollectableBlobStore>: RouteGroup {
    private let maintenance: StorageMaintenance<Store>

    package init(maintenance: StorageMaintenance<Store>) {
        self.maintenance = maintenance
    }

    package var routes: [Route] {
        [
            Route(.post, "/api/v1/storage/collections", .permission(.storageManage), timeLimit: Route.longTimeLimit, handler: collect),
            Route(.post, "/api/v1/storage/key-rotations", .permission(.storageManage), timeLimit: Route.longTimeLimit, handler: rotate),
        ]
    }

    private func collect(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CollectBlobsRequest.self, of: request, &context)
        let report = try await maintenance.collect(
            isDryRun: body.isDryRun, grace: .seconds(body.graceSeconds ?? 24 * 3600), by: context.caller)
        return try Answer.json(
            CollectBlobsAnswer(
                isDryRun: report.isDryRun, count: report.count, bytes: report.bytes, digests: report.digests.map(\.description)))
    }

    private func rotate(_ request: Request, _ context: APIContext) async throws -> Response {
        let rotation = try await maintenance.rotateKey(by: context.caller)
        return try Answer.json(KeyRotationAnswer(key: rotation.keyID, rewrapped: rotation.rewrapped, damaged: rotation.damaged))
    }
}
