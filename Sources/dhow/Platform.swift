// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation
import Governance
import HTTPServer
import Logging
import OnnxRuntime
import ServiceLifecycle

/// The composition root: every capability built over the storage, and what each role runs and answers.
struct Platform: Sendable {
    let storage: Storage
    let governor: Governor
    let identity: Identity
    let ledger: LedgerKeeping
    let maintenance: StorageMaintenance<LocalBlobStore>
    let metrics = ServerMetrics()
    let readiness = Readiness()

    init(storage: Storage, logger: Logger) async throws {
        self.storage = storage
        governor = Governor(database: storage.database, clock: storage.clock, identifiers: storage.identifiers)
        identity = Identity(governor: governor)
        ledger = try await LedgerKeeping(storage: storage, governor: governor, logger: logger)
        let blobs = storage.blobs
        maintenance = StorageMaintenance(governor: governor, store: blobs, vault: storage.vault) { try await blobs.rewrap() }
    }

    func services(for roles: Set<ServerRole>) -> [any Service] {
        [ledger]
    }

    func routeTable(for roles: Set<ServerRole>, authentication: Settings.Authentication) -> RouteTable {
        let gate = AccessGate(identity: identity, governor: governor, mode: authentication == .off ? .off : .tokens)
        var groups: [any RouteGroup] = [
            HealthRoutes(database: storage.database, metrics: metrics, readiness: readiness, version: Dhow.version)
        ]
        if roles.contains(.api) {
            groups += [IdentityRoutes(identity: identity), StorageRoutes(maintenance: maintenance)] as [any RouteGroup]
        }
        return RouteTable(groups: groups, gate: gate, observer: RequestObserver(metrics: metrics), identifiers: storage.identifiers)
    }

    /// Where ONNX Runtime would be taken from: the setting, else the places the adapter knows.
    static func onnxRuntimeLocation(_ settings: Settings) -> OnnxRuntimeLibrary.Location {
        let executable = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().path
        return OnnxRuntimeLibrary.locate(
            explicit: settings.onnxRuntime, environment: ProcessInfo.processInfo.environment,
            besides: [executable, FileManager.default.currentDirectoryPath])
    }
}
