// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@testable import Registry

@Suite struct RetentionMigrationTests {
    @Test("begins the days of what was put away before deletions had a time", arguments: TestDatabase.allCases)
    func earlierDeletions(engine: TestDatabase) async throws {
        let tracking = TrackingMigrations.list.migrations
        let earlier = MigrationList("tracking", Array(tracking.prefix(5)))
        let others = [
            GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, LineageMigrations.list, RegistryMigrations.list,
            TraceMigrations.list, ImportMigrations.list,
        ]
        try await engine.withDatabase([GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, earlier]) { database in
            try await database.write { transaction in
                _ = try transaction.execute(
                    """
                    INSERT INTO run (id, workspace, experiment, name, author, status, started, ended, lifecycle, location)
                    VALUES ('r1', 'default', 0, 'r', 'a', 'FINISHED', 1, 2, 'deleted', 'store:0/r1/artifacts')
                    """)
            }
            try await Migrator([TrackingMigrations.list] + others).migrate(database)
            let clock = DayClock()
            let governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
            let retention = Retention(governor: governor)
            let caller = Caller.controller("tests", in: "default")
            _ = try await retention.set(RetentionPolicy(deletedDays: 30), by: caller)
            #expect(try await retention.pass(isDryRun: false, by: caller).lines.isEmpty)
            clock.pass(days: 30)
            #expect(try await retention.pass(isDryRun: false, by: caller)[.purgeRuns].ids == ["r1"])
        }
    }
}
