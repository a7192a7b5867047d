// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import TestSupport
import Tracking

@testable import Registry

/// A fresh installation of registry and tracking.
struct RegistryWorld: Sendable {
    /// From a model that mlflow 3.17.2 logged with `mlflow.sklearn.log_model`, shortened.
    static let modelFile = """
        artifact_path: mlflow-artifacts:/1/models/m-1/artifacts
        flavors:
          python_function:
            loader_module: mlflow.sklearn
        mlflow_version: 3.17.2
        signature:
          inputs: '[{"type": "double", "name": "x"}]'
          outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
          params: null
        """

    let governor: Governor
    let blobs: LocalBlobStore
    let caller = Caller.controller("tests", in: "default")

    var registry: ModelRegistry { ModelRegistry(governor: governor, blobs: blobs) }
    var artifacts: ArtifactStore { ArtifactStore(governor: governor, blobs: blobs) }

    static func with<Result>(_ engine: TestDatabase, _ body: (RegistryWorld) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "registry-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let migrations = [
            GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, TrackingMigrations.list, LineageMigrations.list,
            RegistryMigrations.list, ImportMigrations.list,
        ]
        return try await engine.withDatabase(migrations) { database in
            let clock = SystemWallClock()
            let vault = try KeyFileVault(path: folder + "/keys.json", clock: clock)
            let world = RegistryWorld(
                governor: Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock)),
                blobs: try await LocalBlobStore(folder: folder + "/blobs", vault: vault, clock: clock))
            return try await body(world)
        }
    }

    func put(_ text: String, _ path: String) async throws {
        let bytes = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(Array(text.utf8))
            continuation.finish()
        }
        _ = try await artifacts.put(bytes, at: try ArtifactPath(path), by: caller)
    }

    func isHeld(_ digest: BlobDigest) async throws -> Bool {
        try await governor.database.read { try BlobReferenceTable(transaction: $0).isHeld(digest) }
    }

    /// Verbs about models in the ledger, in the order they were written.
    func verbs() async throws -> [String] {
        try await governor.database.read {
            try $0.rows("SELECT verb FROM ledger_entry WHERE resource LIKE 'model/%' ORDER BY id").map { try $0["verb"] }
        }
    }
}
