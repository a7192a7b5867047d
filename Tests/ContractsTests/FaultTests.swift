// SPDX-License-Identifier: Apache-2.0

import Backends
import Contracts
import Domain
import Foundation
import Testing

@Suite struct FaultTests {
    private let contract = ContractSpecification(
        name: "c",
        columns: [ContractColumn("a", .integer, nulls: 0, range: ValueRange(from: 0), isUnique: true), ContractColumn("b", .text)])

    @Test("files that cannot be read fail the contract and say why, without their content")
    func unreadable() async throws {
        let whole = try await Bench.parquet("SELECT range AS a, 'secret' AS b FROM range(10000)")
        let cases: [(String, [UInt8], String)] = [
            ("empty.csv", [], "no header line"), ("bad.csv", Array("a,b\n1,".utf8) + [0xC3, 0x28, 10], "not UTF-8"),
            ("ragged.csv", Array("a,b\n1,secret\n2\n".utf8), "Line 3: there are 1 fields"),
            ("open.csv", Array("a,b\n1,\"secret\n".utf8), "not closed"), ("empty.parquet", [], "no Parquet file"),
            ("cut.parquet", Array(whole.prefix(whole.count / 2)), "no Parquet file"),
            ("text.parquet", Array("a,b\n1,2\n".utf8), "no Parquet file"),
            ("cut.csv.gz", [0x1F, 0x8B, 8, 0, 0, 0], "header line"),
        ]
        for (name, bytes, reason) in cases {
            let found = try await Bench.check(contract, [(name, bytes)])
            #expect(found.outcome == .failed, "\(name)")
            #expect(found.findings.count == 1 && found.findings[0].rule == .readable)
            #expect(found.findings[0].reason.contains(reason), "\(name): \(found.findings[0].reason)")
            #expect(!found.findings[0].reason.contains("secret"))
        }
    }

    @Test("no rows, one row, a column without values")
    func small() async throws {
        let none = try await Bench.check(contract, csv: "a,b\n")
        #expect((none.outcome, none.rows) == (.passed, 0))
        #expect(none.finding(.nulls, "a")?.judged == 0)
        let one = try await Bench.check(contract, csv: "a,b\n1,\"x,\n\"\"y\"\"\"")
        #expect((one.outcome, one.rows) == (.passed, 1))
        let empty = try await Bench.check(contract, csv: "a,b\n,\n,\n")
        #expect(empty.faults == ["nulls a failed"])
        #expect(empty.finding(.nulls, "a")?.reason == "2 of 2 rows (100.0 %) have no value.")
        let parquet = try await Bench.check(
            contract, [("p.parquet", try await Bench.parquet("SELECT NULL::BIGINT AS a, '' AS b WHERE false"))])
        #expect((parquet.outcome, parquet.rows) == (.passed, 0))
    }

    @Test("several files are one table; files of different tables or kinds are refused")
    func several() async throws {
        let found = try await Bench.check(contract, [("x.csv", Array("a,b\n1,x\n".utf8)), ("y.csv", Array("a,b\n1,y\n".utf8))])
        #expect(found.faults == ["unique a failed"])
        #expect(found.rows == 2)
        let other = await #expect(throws: Problem.self) {
            _ = try await Bench.check(contract, [("x.csv", Array("a,b\n".utf8)), ("y.csv", Array("b,a\n".utf8))])
        }
        #expect(other?.code == "contracts.files.differ")
        let mixed = await #expect(throws: Problem.self) {
            _ = try await Bench.check(contract, [("x.csv", Array("a,b\n".utf8)), ("y.parquet", [])])
        }
        #expect(mixed?.code == "contracts.files.unsupported")
    }

    @Test("a hundred columns with names of every kind, each with its rules")
    func wide() async throws {
        let names = (0..<100).map { ["it's \($0)", "say \"\($0)\"", "a;b--\($0)", "Ünï \($0)"][$0 % 4] }
        let contract = ContractSpecification(
            name: "wide", columns: names.map { ContractColumn($0, .integer, nulls: 0, range: ValueRange(from: 0, to: 1), isUnique: true) },
            otherColumns: .refused)
        let header = names.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",")
        let row = Array(repeating: "1", count: 100).joined(separator: ",")
        let found = try await Bench.check(contract, csv: "\(header)\n\(row)\n\(row.dropLast())9\n")
        #expect(found.findings.count { $0.rule == .unique && $0.outcome == .failed } == 99)
        #expect(found.findings.count { $0.rule == .range && $0.outcome == .failed } == 1)
        #expect(found.findings.allSatisfy { $0.outcome != .inconclusive })
    }

    @Test("a regular expression that other engines are slow at is not slow, one that is none is refused")
    func patterns() async throws {
        let slow = ContractSpecification(name: "c", columns: [ContractColumn("a", .text, matches: "(a+)+b"), ContractColumn("b")])
        var limits = AnalyticalLimits()
        limits.seconds = 60
        let found = try await Bench.check(
            slow, [("d.csv", Array("a,b\n\(String(repeating: "a", count: 50_000)),1\n".utf8))], limits: limits)
        #expect(found.faults == ["matches a failed"])
        #expect(found.finding(.matches, "a")?.examples.first?.cells.first?.value?.count == ContractExample.maximumLength)
        for pattern in ["[a", "a{1,100000}", "(?=x)", "\\"] {
            let problem = #expect(throws: Problem.self) {
                try ContractSpecification(name: "c", columns: [ContractColumn("a", matches: pattern)]).validate()
            }
            #expect(problem?.code == "contracts.contract.malformed", "\(pattern)")
        }
    }

    @Test("a rule that uses up the engine's time or memory is inconclusive, and so is what comes after it")
    func limits() async throws {
        var limits = AnalyticalLimits()
        limits.seconds = 2
        let endless = ContractSpecification(
            name: "c", columns: [ContractColumn("a", .integer, nulls: 0)],
            rules: [
                ContractRule(name: "endless", query: "SELECT 1 FROM range(10000000) x, range(10000000) y WHERE x.range * y.range < 0"),
                ContractRule(name: "after", sql: "a > 0"),
            ])
        let found = try await Bench.check(endless, [("d.csv", Array("a\n1\n".utf8))], limits: limits)
        #expect(found.outcome == .inconclusive)
        #expect(found.faults == ["custom endless inconclusive", "custom after inconclusive"])
        #expect(found.finding(.custom, "endless")?.reason.contains("limit of time") == true)
        #expect(found.finding(.nulls, "a")?.outcome == .passed)

        var small = AnalyticalLimits()
        small.memoryBytes = 64 << 20
        small.diskBytes = 64 << 20
        let hungry = ContractSpecification(
            name: "c",
            rules: [
                ContractRule(
                    name: "hungry",
                    query: "SELECT 1 FROM (SELECT list(range || 'padding padding padding') AS l FROM range(50000000)) WHERE len(l) <> 1")
            ])
        let other = try await Bench.check(hungry, [("d.csv", Array("a\n1\n".utf8))], limits: small)
        #expect(other.outcome == .inconclusive)
        #expect(other.faults == ["custom hungry inconclusive"])
    }

    @Test(
        "SQL of a rule stays the condition it is, and reads nothing but the data",
        arguments: [
            "true) FROM data; COPY data TO '/tmp/x' --", "a > 0 -- comment", "a > 0 /* comment */", "a > (0", "a > 0)", "a > 'x",
            "a = $$x$$", "a = E'\\''", "1; DROP VIEW data",
        ])
    func conditions(sql: String) throws {
        let problem = #expect(throws: Problem.self) {
            try ContractSpecification(name: "c", rules: [ContractRule(name: "r", sql: sql)]).validate()
        }
        #expect(problem?.code == "contracts.contract.malformed")
    }

    @Test("hostile rules get no answer")
    func hostile() async throws {
        let rules = [
            ("file", "EXISTS (SELECT 1 FROM read_text('/etc/passwd'))"), ("web", "EXISTS (SELECT 1 FROM read_csv('http://127.0.0.1:9/x'))"),
            ("glob", "(SELECT count(*) FROM glob('/*')) > 0"), ("variable", "getenv('HOME') = ''"),
            ("nested", "EXISTS (SELECT 1 FROM query('COPY data TO ''/tmp/dhow-hostile'''))"),
        ]
        let contract = ContractSpecification(
            name: "c",
            rules: rules.map { ContractRule(name: $0.0, sql: $0.1) } + [
                ContractRule(name: "copy", query: "COPY data TO '/tmp/dhow-hostile'"),
                ContractRule(name: "attach", query: "ATTACH '/tmp/dhow-hostile'"),
                ContractRule(name: "set", query: "SET enable_external_access = true"),
                ContractRule(name: "passwd", query: "SELECT * FROM read_csv('/etc/passwd')"),
            ])
        let found = try await Bench.check(contract, csv: "a\n1\n")
        #expect(found.findings.filter { $0.rule == .custom }.allSatisfy { $0.outcome == .inconclusive })
        #expect(!FileManager.default.fileExists(atPath: "/tmp/dhow-hostile"))
    }
}
