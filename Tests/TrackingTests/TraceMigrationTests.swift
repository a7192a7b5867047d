// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct TraceMigrationTests {
    @Test("assessments made before there were scores have them afterwards", arguments: TestDatabase.allCases)
    func scores(engine: TestDatabase) async throws {
        let values: [(text: String, number: Double?, score: Double?, json: String)] = [
            ("0.5", 0.5, 0.5, "0.5"), ("true", nil, 1, "true"), ("false", nil, 0, "false"), (" Yes", nil, 1, "\" Yes\""),
            ("no", nil, 0, "\"no\""), ("say \"x\"", nil, nil, "\"say \\\"x\\\"\""), ("[1]", nil, nil, "[1]"), ("null", nil, nil, "null"),
        ]
        let basis = [
            GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, TrackingMigrations.list, LineageMigrations.list,
        ]
        let before = MigrationList("traces", Array(TraceMigrations.list.migrations.prefix(2)))
        try await engine.withDatabase(basis + [before]) { database in
            try await database.write { transaction in
                try transaction.execute(
                    """
                    INSERT INTO experiment (id, workspace, name, location, lifecycle, created, updated)
                    VALUES (7, 'default', 'old', '', 'active', 0, 0)
                    """)
                try transaction.execute(
                    """
                    INSERT INTO trace (key, workspace, id, experiment, state, started, ended, location, is_final, span_count, span_bytes,
                    lifecycle) VALUES ('k', 'default', 't', 7, 'OK', 0, 0, '', 1, 0, 0, 'active')
                    """)
                for (index, value) in values.enumerated() {
                    try transaction.execute(
                        """
                        INSERT INTO trace_assessment (trace, id, kind, key, value, number, content, is_valid, created, updated)
                        VALUES ('k', ?, 'feedback', 'right', ?, ?, '{}', 1, 0, 0)
                        """, "a\(index)", value.text, value.number)
                }
            }
            try await Migrator(basis + [TraceMigrations.list]).migrate(database)
            let found = try await database.read { transaction in
                try transaction.rows("SELECT score, json FROM trace_assessment ORDER BY id").map { row -> (Double?, String) in
                    (try row["score"], try row["json"])
                }
            }
            #expect(found.map(\.0) == values.map(\.score))
            #expect(found.map(\.1) == values.map(\.json))
        }
    }
}
