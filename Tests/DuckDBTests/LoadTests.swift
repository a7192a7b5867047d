// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import DuckDB
import Foundation
import Testing

@Suite struct LoadTests {
    @Test("takes every field as it is written: quotes, line ends, signs of comment, blanks; empty ones are null")
    func fields() async throws {
        try await Workbench.with { bench in
            let text = "\u{FEFF}#a,b\r\n\"x, \"\"y\"\"\nz\",2\r\n#1, 007 \r\n,\"\"\r\n"
            let table = try await bench.csv(text, columns: ["#a", "b"])
            #expect(table.columns == [.init(name: "#a", type: "VARCHAR"), .init(name: "b", type: "VARCHAR")])
            #expect(table.rowCount == 3)
            let outcomes = try await bench.answer(["SELECT * FROM data"], over: table)
            let empty: [String: String?] = ["#a": nil, "b": nil]
            #expect(outcomes == [.rows([["#a": "x, \"y\"\nz", "b": "2"], ["#a": "#1", "b": " 007 "], empty])])
        }
    }

    @Test(
        "says what is wrong with a CSV file, and where, but not what stands in it",
        arguments: [
            ("a,b\nsecret,2,3\n", "Line 2: there are 3 fields where the header has 2."),
            ("a,b\nsecret,2\n3\n", "Line 3: there are 1 fields where the header has 2."),
            ("a,b\nsecret,\"x\n", "Line 2: a quoted field is not closed, or text follows its closing quote."),
            ("a,b\nsecret,\"x\"y\n", "Line 2: a quoted field is not closed, or text follows its closing quote."),
        ])
    func malformed(text: String, why: String) async throws {
        try await Workbench.with { bench in
            let problem = await #expect(throws: Problem.self) { _ = try await bench.csv(text, columns: ["a", "b"]) }
            #expect(problem?.code == "analysis.file.unreadable")
            #expect(problem?.why == why)
            #expect(problem?.description.contains("secret") == false)
        }
    }

    @Test("refuses invalid UTF-8, files cut short and what is no Parquet or gzip file")
    func broken() async throws {
        try await Workbench.with { bench in
            let text = await #expect(throws: Problem.self) {
                _ = try await bench.csv(Array("a,b\n1,".utf8) + [0xFF, 0xFE, 10], columns: ["a", "b"], as: "u")
            }
            #expect(text?.why == "Line 2: it is not UTF-8.")
            // A whole Parquet file is what a CSV file becomes.
            let table = try await bench.csv("a\n" + (0..<50_000).map { "\($0)\n" }.joined(), columns: ["a"], as: "whole")
            let whole = try #require(bench.folder.read(table.files[0], limit: 1 << 30))
            for (name, bytes) in [("cut", Array(whole.prefix(whole.count / 2))), ("noise", [1, 2, 3]), ("nothing", [])] {
                try await bench.folder.receive(Once(bytes: bytes), as: name)
                let problem = await #expect(throws: Problem.self) {
                    _ = try await bench.engine.load(
                        AnalyticalSource(.parquet, files: [name]), as: name, in: bench.folder, limits: AnalyticalLimits())
                }
                #expect(problem?.why == "It is no Parquet file, or its end is missing.", "\(name)")
            }
            // The end is whole, what it points to is not.
            try await bench.folder.receive(
                Once(bytes: Array(whole.prefix(64)) + Array(repeating: 0, count: whole.count / 2) + Array(whole.suffix(2000))), as: "middle"
            )
            let middle = AnalyticalSource(.parquet, files: ["middle"])
            if let table = try? await bench.engine.load(middle, as: "middle", in: bench.folder, limits: AnalyticalLimits()) {
                guard case .failed = try await bench.answer(["SELECT sum(CAST(a AS BIGINT)) FROM data"], over: table)[0] else {
                    Issue.record("A file with a hole was read.")
                    return
                }
            }
            try await bench.folder.receive(Once(bytes: [1, 2, 3]), as: "g.csv.gz")
            let gzip = AnalyticalSource(.csv(columns: ["a"]), files: ["g.csv.gz"])
            let problem = await #expect(throws: Problem.self) {
                _ = try await bench.engine.load(gzip, as: "g", in: bench.folder, limits: AnalyticalLimits())
            }
            #expect(problem?.why == "It is no gzip file, or its end is missing.")
        }
    }

    @Test("columns whose names differ in case only are refused, odd names are not")
    func names() async throws {
        try await Workbench.with { bench in
            let problem = await #expect(throws: Problem.self) { _ = try await bench.csv("a,A\n1,2\n", columns: ["a", "A"], as: "one") }
            #expect(problem?.code == "analysis.file.unreadable")
            let odd = ["it's", "say \"x\"", "a b;--", "\u{1F600}"]
            let table = try await bench.csv("\"it's\",\"say \"\"x\"\"\",a b;--,\u{1F600}\n1,2,3,4\n", columns: odd, as: "two")
            #expect(table.columns.map(\.name) == odd)
            #expect(
                try await bench.answer(["SELECT * FROM data"], over: table) == [
                    .rows([Dictionary(uniqueKeysWithValues: zip(odd, ["1", "2", "3", "4"]))])
                ])
        }
    }

    @Test("a program that is not there is a clear refusal; one that a person named is final")
    func missing() async throws {
        let nowhere = DuckDBProgram.locate(explicit: "/nowhere/duckdb", environment: ["PATH": "/usr/bin"], besides: ["/"])
        #expect(nowhere.path == nil && nowhere.tried == ["--duckdb /nowhere/duckdb"])
        let problem = #expect(throws: Problem.self) { _ = try nowhere.require() }
        #expect(problem?.code == "analysis.duckdb.missing")
        #expect(problem?.fix?.contains("make setup") == true)
        let variable = DuckDBProgram.locate(explicit: nil, environment: ["DHOW_DUCKDB": "/nowhere", "PATH": "/"], besides: [])
        #expect(variable.tried == ["DHOW_DUCKDB=/nowhere"])
        let found = try #require(Workbench.program.path)
        let path = DuckDBProgram.locate(
            explicit: nil, environment: ["PATH": "/usr/bin:\(URL(filePath: found).deletingLastPathComponent().path)"], besides: [])
        #expect(path.path == found)
    }
}
