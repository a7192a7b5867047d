// SPDX-License-Identifier: Apache-2.0

import Backends
import Governance
import HTTPServer
import Logging
import ServiceLifecycle

/// The composition root: every capability built over the storage, and what each role runs and answers.
struct Platform: Sendable {
    let storage: Storage
    let governor: Governor
    let identity: Identity
    let ledger: LedgerService
    let metrics = ServerMetrics()
    let readiness = Readiness()

    init(storage: Storage, logger: Logger) async throws {
        self.storage = storage
        governor = Governor(database: storage.database, clock: storage.clock, identifiers: storage.identifiers)
        identity = Identity(governor: governor)
        ledger = try await LedgerService(storage: storage, governor: governor, logger: logger)
    }

    func services(for roles: Set<ServerRole>) -> [any Service] {
        [ledger]
    }

    func routeTable(for roles: Set<ServerRole>, authentication: Settings.Authentication) -> RouteTable {
        let gate = AccessGate(identity: identity, governor: governor, mode: authentication == .off ? .off : .tokens)
        var groups: [any RouteGroup] = [
            HealthRoutes(database: storage.database, metrics: metrics, readiness: readiness, version: Dhow.version)
        ]
        if roles.contains(.api) { groups.append(IdentityRoutes(identity: identity)) }
        return RouteTable(groups: groups, gate: gate, observer: RequestObserver(metrics: metrics), identifiers: storage.identifiers)
    }
}
