// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Governance
import Hummingbird
package import Monitoring
import Synchronization

/// Liveness, readiness and metrics.
package struct HealthRoutes: RouteGroup {
    private let database: any Database
    private let metrics: ServerMetrics
    private let readiness: Readiness
    private let version: String
    private let monitors: MonitorMetrics?

    /// - Parameter monitors: Whose metrics are shown, too; nil where another server shows them.
    package init(
        database: any Database, metrics: ServerMetrics, readiness: Readiness, version: String, monitors: MonitorMetrics? = nil
    ) {
        self.database = database
        self.metrics = metrics
        self.readiness = readiness
        self.version = version
        self.monitors = monitors
    }

    package var routes: [Route] {
        [
            Route(.get, "/livez", .open(because: "Supervisors probe without a token; it says only that the process answers.")) { _, _ in
                Answer.text("ok\n")
            },
            Route(
                .get, "/readyz", .open(because: "Load balancers probe without a token; it says only whether to send requests."),
                handler: ready),
            Route(.get, "/metrics", .permission(.systemRead)) { _, _ in
                let families = try await monitors?.families() ?? []
                return Answer.text(
                    metrics.exposition() + families.map(\.exposition).joined(), type: "text/plain; version=0.0.4; charset=utf-8")
            },
            Route(.get, "/api/v1/version", .open(because: "Clients choose their protocol by it; it tells no state.")) { _, _ in
                try Answer.json(["name": "dhow", "version": version])
            },
        ]
    }

    private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
        guard readiness.isReady else {
            throw Problem(
                .unavailable, "server.draining", "The server is starting or stopping.", fix: "Send requests to another replica or wait.")
        }
        _ = try await database.read { try $0.row("SELECT 1 AS one") }
        return Answer.text("ok\n")
    }
}

/// Whether new requests are welcome: not before start-up is done, not while draining.
package final class Readiness: Sendable {
    private let state = Atomic<Bool>(false)

    package init() {}

    package var isReady: Bool { state.load(ordering: .acquiring) }

    package func set(_ isReady: Bool) { state.store(isReady, ordering: .releasing) }
}
