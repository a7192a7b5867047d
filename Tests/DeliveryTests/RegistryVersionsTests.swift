// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Registry
import TestSupport
import Testing
import Tracking

@testable import Delivery

@Suite struct RegistryVersionsTests {
    @Test("asks the registry for authors and the champion, and moves the alias with an entry", arguments: TestDatabase.allCases)
    func directory(engine: TestDatabase) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let blobs = try await LocalBlobStore(
            folder: folder.appending(path: "blobs").path, vault: try KeyFileVault(path: folder.appending(path: "keys").path))
        let migrations = [
            BlobMigrations.list, GovernanceMigrations.list, LedgerMigrations.list, TrackingMigrations.list, LineageMigrations.list,
            RegistryMigrations.list,
        ]
        try await engine.withDatabase(migrations) { database in
            let clock = TestClock()
            let governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
            let caller = Caller.controller("test", in: "main")
            let registry = ModelRegistry(governor: governor, blobs: blobs)
            for _ in 1...2 { _ = try await registry.registerVersion(of: "churn", NewVersion(), by: caller) }
            let directory = VersionDirectory.registry
            try await database.read { (transaction: any Transaction) throws -> Void in
                #expect(try directory.require("churn", 2, "main", transaction) == "system:test")
                #expect(throws: Problem.self) { try directory.require("churn", 3, "main", transaction) }
                #expect(throws: Problem.self) { try directory.require("churn", 2, "elsewhere", transaction) }
                #expect(try directory.rival(of: "churn", 2, "main", transaction) == nil)
            }
            for _ in 1...2 {
                _ = try await governor.change(.releaseCreate, by: caller) { change in
                    try directory.crown("churn", 1, change)
                    return Nothing()
                }
            }
            try await database.read { (transaction: any Transaction) throws -> Void in
                #expect(try directory.rival(of: "churn", 2, "main", transaction) == 1)
                #expect(try directory.rival(of: "churn", 1, "main", transaction) == nil)
                #expect(try transaction.rows("SELECT id FROM ledger_entry WHERE verb = 'alias.set'").count == 1)
            }
        }
    }
}
