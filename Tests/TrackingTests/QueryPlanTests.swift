// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

/// No search may read a whole table: what it costs must not grow with the rows it does not give. SQLite says how it runs each statement.
@Suite("Query plans") struct QueryPlanTests {
    @Test("runs by a metric and a param, the best first, are found by indexes")
    func filtered() async throws {
        try await expectIndexes { runs, run, caller in
            _ = try await runs.search(
                "metrics.auc > 0.5 and params.depth = '3'", in: [run.experiment], order: ["metrics.auc DESC"], limit: 100, by: caller)
        }
    }

    @Test("the newest runs are read in their order, without sorting")
    func newest() async throws {
        try await expectIndexes(sorted: true) { runs, run, caller in
            _ = try await runs.search("", in: [run.experiment], limit: 1_000, by: caller)
        }
    }

    @Test("a metric's history is read in its order, without sorting")
    func history() async throws {
        try await expectIndexes(sorted: true) { runs, run, caller in
            _ = try await runs.history(of: "auc", in: run.id, after: nil, limit: 25_000, by: caller)
        }
    }

    @Test("points of a chart are found by indexes")
    func chart() async throws {
        try await expectIndexes { runs, run, caller in
            _ = try await runs.sampledHistory(of: "auc", in: [run.id], from: nil, through: nil, limit: 100, by: caller)
        }
    }

    /// Postgres knows of a table what it saw of it some time ago: that its series are short, perhaps.
    @Test(
        "points of a chart cost Postgres few rows, however long the series", arguments: TestDatabase.allCases.filter { $0 == .postgres })
    func chartOfLongSeries(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let limit = 100
            let run = try await world.newRun()
            // Far more rows than a table has that Postgres would rather read whole.
            try await world.governor.database.write { transaction in
                _ = try transaction.execute(
                    """
                    INSERT INTO metric (run, key, step, time, value, is_nan)
                    WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
                    SELECT CAST(? AS TEXT), 'loss', i, 1, 0.5, 0 FROM n
                    """, values: [.text(run.id)])
            }
            let database = RecordingDatabase(world.governor.database)
            let governor = Governor(database: database, clock: world.clock, identifiers: world.governor.identifiers)
            let chart = try await RunTracking(governor: governor).sampledHistory(
                of: "loss", in: [run.id], from: nil, through: nil, limit: limit, by: world.caller)
            #expect((limit...limit + 1).contains(chart.count))
            for (sql, values) in database.statements {
                let rows = try await database.rowsRead(by: sql, values)
                #expect(rows <= 2 * limit, "\(sql)")
            }
        }
    }

    @Test("a run is found with all that it logged by indexes")
    func get() async throws {
        try await expectIndexes { runs, run, caller in _ = try await runs.get(run.id, by: caller) }
    }

    /// Whether the statement itself makes it, in WITH or in FROM: rows that it has just found, not a table.
    private static func isStep(_ name: Substring, of sql: String) throws -> Bool {
        try sql.contains(") \(name)") || sql.contains(Regex("\\b\(name)\\s*(\\([^)]*\\)\\s*)?AS\\s+(MATERIALIZED\\s+)?\\("))
    }

    /// - Parameter sorted: Nothing is sorted either.
    private func expectIndexes(
        sorted: Bool = false, _ body: @escaping (RunTracking, Run, Caller) async throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await TrackingWorld.with(.sqlite) { world in
            let run = try await world.newRun()
            try await world.runs.log(
                RunBatch(
                    params: [Tag("depth", "3")], metrics: (0..<300).map { Metric("auc", 0.6, time: Timestamp(milliseconds: 1), step: $0) }),
                on: run.id, by: world.caller)
            let database = RecordingDatabase(world.governor.database)
            let governor = Governor(database: database, clock: world.clock, identifiers: world.governor.identifiers)
            try await body(RunTracking(governor: governor), run, world.caller)
            let statements = database.statements
            #expect(!statements.isEmpty, sourceLocation: sourceLocation)
            for (sql, values) in statements {
                let plan = try await database.plan(of: sql, values)
                let scans = try plan.filter { $0.hasPrefix("SCAN") && !$0.contains("INDEX") && !$0.contains("CONSTANT ROW") }
                    .filter { line in try !Self.isStep(line.split(separator: " ")[1], of: sql) }
                #expect(scans.isEmpty, "\(sql)", sourceLocation: sourceLocation)
                if sorted { #expect(!plan.contains { $0.contains("FOR ORDER BY") }, "\(sql)", sourceLocation: sourceLocation) }
            }
        }
    }
}
