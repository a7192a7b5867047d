// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite struct HostileQueryTests {
    @Test("a query reads its tables and nothing else")
    func refusals() async throws {
        try await Workbench.with { bench in
            let table = try await bench.csv("a\n1\n", columns: ["a"])
            let secret = bench.root + "/secret.csv"
            try "s\nhidden-word\n".write(toFile: secret, atomically: true, encoding: .utf8)
            let written = bench.root + "/written"
            let hostile = [
                "SELECT * FROM read_text('\(secret)')", "SELECT * FROM read_csv('\(secret)')", "FROM '\(secret)'",
                "SELECT * FROM read_blob('../secret.csv')", "SELECT * FROM read_text('rows-0')",
                "SELECT * FROM glob('\(bench.root)/*')",
                "SELECT * FROM sniff_csv('\(secret)')", "SELECT * FROM read_json('\(secret)')", "SELECT * FROM read_parquet('/etc/passwd')",
                "COPY (SELECT 1) TO '\(written)'", "ATTACH '\(written)'", "EXPORT DATABASE '\(written)'", "INSTALL httpfs", "LOAD httpfs",
                "SET threads = 9", "SET enable_external_access = true", "RESET lock_configuration", "PRAGMA enable_external_access",
                "CREATE TABLE t AS SELECT 1", "DROP VIEW data", "INSERT INTO data VALUES (1)", "SELECT 1; COPY (SELECT 1) TO '\(written)'",
                "SELECT getenv('HOME')", "SELECT * FROM read_csv('http://127.0.0.1:9/x')", "SELECT * FROM 'https://127.0.0.1:9/x.parquet'",
                "SELECT 1) TO '\(written)' --", "", ".shell touch \(written)", "SELECT 1 \n.shell touch \(written)",
                "SELECT * FROM query('COPY (SELECT 1) TO ''\(written)''')", "SELECT * FROM query_table('\(secret)')",
                "CALL pragma_version()", "EXPLAIN ANALYZE COPY (SELECT 1) TO '\(written)'", "BEGIN", "CHECKPOINT",
            ]
            let outcomes = try await bench.answer(hostile, over: table)
            for (query, outcome) in zip(hostile, outcomes) {
                guard case .failed = outcome else {
                    Issue.record("\(query) gave \(outcome)")
                    continue
                }
            }
            #expect(!FileManager.default.fileExists(atPath: written))
            #expect(!"\(outcomes)".contains("hidden-word"))
        }
    }

    @Test("text of a query is never a command of the program, however it is quoted")
    func quoting() async throws {
        try await Workbench.with { bench in
            let table = try await bench.csv("a\n1\n", columns: ["a"])
            let outcomes = try await bench.answer(
                ["SELECT 'x''\n.shell touch \(bench.root)/written\n' AS t", "SELECT $$it's$$ AS t, E'\\'' AS u, '\u{1F600}' AS v"],
                over: table)
            #expect(
                outcomes == [
                    .rows([["t": "x'\n.shell touch \(bench.root)/written\n"]]), .rows([["t": "it's", "u": "'", "v": "\u{1F600}"]]),
                ])
            #expect(!FileManager.default.fileExists(atPath: bench.root + "/written"))
        }
    }

    @Test("a query that fails does not keep the next from its answer, and cannot end the others' place")
    func separation() async throws {
        try await Workbench.with { bench in
            let table = try await bench.csv("a\n1\n", columns: ["a"])
            let outcomes = try await bench.answer(
                ["SELECT nothing FROM data", "SELECT a FROM data", "SELECT error('x-7') FROM data", "SELECT count(*) AS n FROM data"],
                over: table)
            guard case .failed("Binder Error", _) = outcomes[0], case .failed("Invalid Input Error", "x-7") = outcomes[2] else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(outcomes[1] == .rows([["a": "1"]]))
            #expect(outcomes[3] == .rows([["n": "1"]]))
        }
    }

    @Test("an endless query ends by its time, those after it are not begun, and nothing is left behind")
    func time() async throws {
        try await Workbench.with { bench in
            let table = try await bench.csv("a\n1\n", columns: ["a"])
            var limits = AnalyticalLimits()
            limits.seconds = 1
            let endless = "SELECT sum(x.range * y.range) FROM range(10000000) x, range(10000000) y"
            let outcomes = try await bench.answer(["SELECT a FROM data", endless, "SELECT a FROM data"], over: table, limits: limits)
            #expect(outcomes == [.rows([["a": "1"]]), .stopped(by: .time), .skipped])
            #expect(try FileManager.default.contentsOfDirectory(atPath: bench.root + "/steps").allSatisfy { $0.hasPrefix(".") })
        }
    }

    @Test("a query that needs more memory than it may have says so, and the next goes on")
    func memory() async throws {
        try await Workbench.with { bench in
            let table = try await bench.csv("a\n1\n", columns: ["a"])
            var limits = AnalyticalLimits()
            limits.memoryBytes = 64 << 20
            limits.diskBytes = 64 << 20
            let large = "SELECT len(list(range || 'padding padding padding padding')) FROM range(50000000)"
            let outcomes = try await bench.answer([large, "SELECT a FROM data"], over: table, limits: limits)
            guard case .stopped(let limit) = outcomes[0] else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(limit != .time)
        }
    }

    @Test("rows and texts of answers are bounded")
    func bounds() async throws {
        try await Workbench.with { bench in
            let table = try await bench.csv("a\n1\n", columns: ["a"])
            let outcomes = try await bench.answer(["SELECT repeat('x', 1000000) AS t FROM range(1000)"], over: table, rows: 3)
            guard case .rows(let rows) = outcomes[0] else {
                Issue.record("\(outcomes[0])")
                return
            }
            #expect(rows.count == 3)
            #expect(rows.allSatisfy { $0["t"].flatMap { $0 }?.count == AnalyticalOutcome.maximumLength })
        }
    }
}

@Suite struct CancellationTests {
    @Test("a cancelled call ends its process, and the next call forgets it")
    func cancellation() async throws {
        try await Workbench.with { bench in
            let table = try await bench.csv("a\n1\n", columns: ["a"])
            let endless = "SELECT sum(x.range * y.range) FROM range(10000000) x, range(10000000) y"
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await bench.answer([endless], over: table) }
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            // In a folder of its own, as every check has one.
            try await AnalysisFolder.with(in: bench.root + "/analysis", named: "two") { folder in
                let other = Workbench(engine: bench.engine, folder: folder, root: bench.root)
                let table = try await other.csv("a\n1\n", columns: ["a"])
                #expect(try await other.answer(["SELECT a FROM data"], over: table) == [.rows([["a": "1"]])])
            }
        }
    }
}
