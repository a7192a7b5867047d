// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import DuckDB
import Foundation
import Monitoring
import TestSupport
import Testing

@Suite("Guards in SQL over a rollout's answers")
struct RolloutQueryTests {
    private static let program: DuckDBProgram = {
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return DuckDBProgram.locate(explicit: nil, environment: ProcessInfo.processInfo.environment, besides: [project.path])
    }()

    private func withQuery(_ world: RolloutWorld, _ body: (RolloutQuery) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "guard-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        let runner = try ProcessStepRunner(folder: root + "/steps")
        try await body(
            RolloutQuery(
                database: world.database, engine: DuckDBEngine(program: Self.program, runner: runner), folder: root + "/analysis"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: root + "/analysis").isEmpty, "No rows are left behind.")
    }

    @Test("read the scores, labels, times and inputs of both revisions, and nothing else", arguments: TestDatabase.allCases)
    func values(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            try await world.log(
                100, prefix: "a", candidateScore: nil, stableScore: 0.25, inputs: { ["carrier": .string($0 % 2 == 0 ? "A\"A,\n" : "UA")] },
                microseconds: { isCandidate, _ in isCandidate ? 3000 : 1000 })
            try await world.label(0..<50, prefix: "a", value: 1)
            try await withQuery(world) { query in
                func value(_ sql: String) async throws -> Double {
                    let rule = OutsideGuard(name: "g", source: .sql, query: sql, atMost: 1)
                    return try await query.value(of: rule, for: world.rollout, in: "main")
                }
                let expected = [
                    "SELECT count(*) FROM predictions WHERE is_candidate AND score IS NULL": 10.0,
                    "SELECT median(microseconds) FILTER (is_candidate) / median(microseconds) FILTER (NOT is_candidate) FROM predictions":
                        3,
                    "SELECT count(label) * avg(score) FROM predictions": 12.5,
                    "SELECT count(*) FROM predictions WHERE inputs LIKE '%UA%' AND logged < now()::TIMESTAMP": 50,
                ]
                for (sql, number) in expected {
                    let found = try await value(sql)
                    #expect(found == number, "\(sql)")
                }
                for bad in [
                    "SELECT 1, 2", "SELECT id FROM predictions", "SELECT 'x'", "SELECT NULL", "SELECT 1 WHERE false",
                    "SELECT * FROM read_csv('/etc/passwd')", "DROP VIEW predictions", "SELECT nothing FROM predictions", "",
                ] {
                    let problem = await #expect(throws: Problem.self) { try await value(bad) }
                    #expect(problem?.code == "delivery.guard.unreadable", "\(bad): \(String(describing: problem))")
                }
            }
        }
    }
}
