// SPDX-License-Identifier: Apache-2.0

import Backends
import Contracts
import Domain
import Foundation
import Testing

@Suite struct RuleTests {
    @Test("each rule of a column counts what breaks it and shows it, over CSV and Parquet alike", arguments: ["csv", "parquet"])
    func columns(format: String) async throws {
        let contract = ContractSpecification(
            name: "c",
            columns: [
                ContractColumn("n", .integer, nulls: 0.1, range: ValueRange(from: 0, to: 10), isUnique: true),
                ContractColumn("x", .number, range: ValueRange(to: 1.5)),
                ContractColumn("s", .text, oneOf: ["a", "b"], length: ValueLength(to: 1)),
                ContractColumn("code", .text, matches: "[A-Z]{3}"),
                ContractColumn("d", .date, range: ValueRange(from: "2024-01-01")),
                ContractColumn("t", .time, range: ValueRange(to: "2024-01-01T00:00:00Z")),
                ContractColumn("b", .boolean, nulls: 0, oneOf: [true]),
            ])
        let csv = """
            n,x,s,code,d,t,b
            1,1,a,ABC,2024-02-01,2023-12-31T23:30:00-01:00,true
            1,2.5,b,abc,2023-12-31,2023-01-01T00:00:00Z,false
            -5,nan,cc,ABCD,2024-01-01,2023-01-01 00:00:00,true
            ,1.5,cc,XYZ,2024-01-01,2023-01-01,
            99,,a,,,,true

            """
        var bytes = Array(csv.utf8)
        if format == "parquet" {
            bytes = try await Bench.parquet(
                """
                SELECT * FROM (VALUES
                    (1, 1.0::DOUBLE, 'a', 'ABC', DATE '2024-02-01', TIMESTAMP '2024-01-01 00:30:00', true),
                    (1, 2.5, 'b', 'abc', '2023-12-31', '2023-01-01', false), (-5, 'nan', 'cc', 'ABCD', '2024-01-01', '2023-01-01', true),
                    (NULL, 1.5, 'cc', 'XYZ', '2024-01-01', '2023-01-01', NULL), (99, NULL, 'a', NULL, NULL, NULL, true))
                    v(n, x, s, code, d, t, b)
                """)
        }
        let found = try await Bench.check(contract, [("data.\(format)", bytes)])
        #expect(found.rows == 5)
        #expect(found.outcome == .failed)
        #expect(
            found.faults == [
                "nulls n failed", "range n failed", "unique n failed", "range x failed", "oneOf s failed", "length s failed",
                "matches code failed", "range d failed", "range t failed", "nulls b failed", "oneOf b failed",
            ])
        #expect(found.finding(.nulls, "n")?.reason == "1 of 5 rows (20.0 %) have no value; up to 10.0 % may.")
        #expect(found.finding(.range, "n")?.values == ["-5 1 3", "99 1 5"])
        #expect(found.finding(.range, "n")?.reason == "2 of 4 values (50.0 %) are below 0 or above 10.")
        #expect(found.finding(.unique, "n")?.values == ["1 2 1"])
        #expect(found.finding(.range, "x")?.values == ["2.5 1 2"])
        #expect(found.finding(.oneOf, "s")?.values == ["cc 2 3"])
        #expect(found.finding(.matches, "code")?.values == ["ABCD 1 3", "abc 1 2"])
        #expect(found.finding(.range, "d")?.values == ["2023-12-31 1 2"])
        #expect(found.finding(.range, "t")?.values == ["2024-01-01 00:30:00+00 1 1"])
        #expect(found.finding(.oneOf, "b")?.values == ["false 1 2"])
    }

    @Test("a CSV file's text is held to the declared type, value by value")
    func types() async throws {
        let contract = ContractSpecification(
            name: "c",
            columns: [
                ContractColumn("i", .integer, range: ValueRange(from: 0)), ContractColumn("x", .number, tolerance: 0.5),
                ContractColumn("b", .boolean), ContractColumn("d", .date), ContractColumn("t", .time, severity: .warning),
            ])
        let csv = """
            i,x,b,d,t
            007,1e3,TRUE,2024-02-29,2024-02-29T10:00:00+04:00
            1.5,-0.5,yes,2023-02-29,yesterday
            9999999999999999999,one,0,29.02.2024,2024-02-29T25:00:00Z
            -3,,1,,

            """
        let found = try await Bench.check(contract, csv: csv)
        #expect(
            found.faults == ["type i failed", "range i failed", "type b failed", "type d failed", "type t failed"])
        #expect(found.finding(.type, "i")?.values == ["1.5 1 2", "9999999999999999999 1 3"])
        #expect(found.finding(.range, "i")?.values == ["-3 1 4"])
        #expect(found.finding(.type, "x")?.failing == 1)
        #expect(found.finding(.type, "d")?.values == ["2023-02-29 1 2", "29.02.2024 1 3"])
        #expect(found.warnings == 1)
    }

    @Test("a range of a column without a declared type is one of numbers, and what is none lies outside")
    func untyped() async throws {
        let contract = ContractSpecification(
            name: "c",
            columns: [
                ContractColumn("a", range: ValueRange(from: 0)), ContractColumn("b", oneOf: [1, "x", true]),
                ContractColumn("l", matches: "[^x]*", length: ValueLength(to: 9), isUnique: true),
            ])
        let csv = try await Bench.check(contract, csv: "a,b,l\n1,1,a\n,x,b\nabc,true,c\n-1,1.0,\n")
        #expect(csv.faults == ["range a failed", "oneOf b failed"])
        #expect(csv.finding(.range, "a")?.values == ["-1 1 4", "abc 1 3"])
        let bytes = try await Bench.parquet("SELECT DATE '2024-01-01' AS a, 1 AS b, [1, 2, 3] AS l UNION ALL SELECT NULL, 2, [1, 2, 3]")
        let parquet = try await Bench.check(contract, [("d.parquet", bytes)])
        #expect(parquet.faults == ["range a failed", "oneOf b failed", "unique l failed"])
    }

    @Test("a warning alone does not make the contract fail")
    func warnings() async throws {
        let contract = ContractSpecification(name: "c", columns: [ContractColumn("a", .integer, severity: .warning)])
        let found = try await Bench.check(contract, csv: "a\nx\n")
        #expect(found.outcome == .passed)
        #expect(found.warnings == 1)
    }

    @Test("a Parquet column of another type fails by its schema, and its values are not asked about")
    func parquetTypes() async throws {
        let bytes = try await Bench.parquet("SELECT 1.5::DOUBLE AS a, 'x' AS b, [1, 2] AS c, 7::DECIMAL(4, 1) AS d")
        let contract = ContractSpecification(
            name: "c",
            columns: [
                ContractColumn("a", .integer, range: ValueRange(from: 0)), ContractColumn("b", .text), ContractColumn("c", .text),
                ContractColumn("d", .number, range: ValueRange(to: 8)),
            ])
        let found = try await Bench.check(contract, [("x.parquet", bytes)])
        #expect(found.faults == ["type a failed", "type c failed"])
        #expect(found.finding(.type, "a")?.reason == "The column is DOUBLE, not integer.")
    }

    @Test("columns that are missing or not named, rows, keys and freshness")
    func tables() async throws {
        let contract = ContractSpecification(
            name: "c",
            columns: [ContractColumn("a", .text), ContractColumn("gone", .integer), ContractColumn("perhaps", isRequired: false)],
            otherColumns: .refused, rows: RowCount(atLeast: 10), keys: [ContractKey(["a", "b"]), ContractKey(["a", "gone"])],
            freshness: Freshness(column: "when", within: "36h"))
        let csv = "a,b,when\nx,1,2023-11-13T00:00:00Z\nx,1,2023-11-12\nx,2,\n,1,\n,1,\n"
        let found = try await Bench.check(contract, csv: csv)
        #expect(
            found.faults == [
                "otherColumns  failed", "rows  failed", "column gone failed", "key a, gone failed", "key a, b failed",
                "freshness when failed",
            ])
        #expect(found.finding(.key, "a, b")?.failing == 2)
        #expect(found.finding(.key, "a, b")?.examples.first?.cells == [.init("a", "x"), .init("b", "1")])
        #expect(
            found.finding(.freshness, "when")?.reason
                == "The newest row is of 2023-11-13T00:00:00Z, 46 hours before the check; 36h is allowed.")
        // 2023-11-14T22:13:20Z is now.
        let fresh = try await Bench.check(contract, csv: "a,b,when\nx,1,2023-11-14T00:00:00Z\n")
        #expect(fresh.finding(.freshness, "when")?.outcome == .passed)
    }

    @Test("references are looked up in the other table by the types of the contract; nulls refer to nothing")
    func references() async throws {
        let contract = ContractSpecification(
            name: "c", columns: [ContractColumn("id", .integer), ContractColumn("place", .text)],
            references: [
                ContractReference(columns: ["id"], dataset: "people", key: ["number"]),
                ContractReference(columns: ["id", "place"], dataset: "people", key: ["number", "home"]),
                ContractReference(columns: ["place"], dataset: "places", key: ["name"]),
                ContractReference(columns: ["place"], dataset: "people", key: ["nothing"]),
            ])
        let found = try await Bench.check(
            contract, [("d.csv", Array("id,place\n1,Galle\n02,Lamu\n3,Lamu\n3,Lamu\n,Goa\n".utf8))],
            references: ["people": ("p.csv", Array("number,home\n01,Galle\n2,Goa\n".utf8))])
        #expect(
            found.faults == [
                "reference place inconclusive", "reference place failed", "reference id failed", "reference id, place failed",
            ])
        #expect(found.finding(.reference, "id")?.values == ["3 2 3"])
        #expect(found.finding(.reference, "id")?.judged == 4)
        #expect(found.finding(.reference, "id, place")?.failing == 3)
    }

    @Test("custom rules in CEL, SQL and as queries")
    func custom() async throws {
        let contract = ContractSpecification(
            name: "c", columns: [ContractColumn("a", .integer), ContractColumn("b", .integer), ContractColumn("s", .text)],
            rules: [
                ContractRule(name: "cel", cel: "row.a <= row.b && s.startsWith('x')"), ContractRule(name: "sql", sql: "a <= b"),
                ContractRule(name: "null", cel: "row.b != null"), ContractRule(name: "tolerant", sql: "a <> 1", tolerance: 0.4),
                ContractRule(name: "query", query: "SELECT s, count(*) AS n FROM data GROUP BY s HAVING count(*) > 1"),
                ContractRule(name: "unknown", cel: "row.nothing > 1"), ContractRule(name: "wrong", sql: "nothing > 1"),
                ContractRule(name: "broken", sql: "CAST(s AS INTEGER) > 1"),
                ContractRule(name: "raw", query: "SELECT * FROM raw WHERE a LIKE '0%'"),
                ContractRule(name: "none", query: "DROP VIEW data"),
            ])
        let found = try await Bench.check(contract, csv: "a,b,s\n1,2,xa\n3,2,xb\n04,,xa\n")
        #expect(
            found.faults == [
                "custom unknown inconclusive", "custom cel failed", "custom sql failed", "custom null failed", "custom query failed",
                "custom wrong inconclusive", "custom broken inconclusive", "custom raw failed", "custom none inconclusive",
            ])
        #expect(found.finding(.custom, "cel")?.examples.first?.cells == [.init("a", "3"), .init("b", "2"), .init("s", "xb")])
        #expect(found.finding(.custom, "sql")?.examples.first?.row == 2)
        #expect(found.finding(.custom, "null")?.failing == 1)
        #expect(found.finding(.custom, "tolerant")?.failing == 1)
        #expect(found.finding(.custom, "query")?.examples.first?.cells == [.init("n", "2"), .init("s", "xa")])
        #expect(found.finding(.custom, "unknown")?.reason.contains("no column 'nothing'") == true)
        #expect(found.finding(.custom, "wrong")?.reason.contains("Binder Error") == true)
        #expect(found.outcome == .failed)
    }

    @Test("values of labelled columns are hidden in every example and error, and shown nowhere else")
    func redaction() async throws {
        let contract = ContractSpecification(
            name: "c",
            columns: [
                ContractColumn("name", .text, matches: "[a-z]+", isUnique: true, labels: ["personal"]), ContractColumn("age", .integer),
            ], keys: [ContractKey(["name", "age"])], references: [ContractReference(columns: ["name"], dataset: "o", key: ["k"])],
            rules: [
                ContractRule(name: "sql", sql: "age < 1 AND name <> ''"),
                ContractRule(name: "cel", cel: "size(row.name) < 2 && row.age < 1"),
                ContractRule(name: "query", query: "SELECT name AS innocent FROM data"),
                ContractRule(name: "error", sql: "CAST(name AS INTEGER) > 1"), ContractRule(name: "said", sql: "error(name) IS NULL"),
            ])
        let csv = "name,age\nSECRET,30\nSECRET,30\n"
        let found = try await Bench.check(
            contract, [("d.csv", Array(csv.utf8))], references: ["o": ("o.csv", Array("k\nother\n".utf8))])
        let text = String(decoding: try JSONEncoder().encode(found), as: UTF8.self)
        #expect(!text.contains("SECRET"))
        #expect(found.finding(.matches, "name")?.values == ["••• 2 0"])
        #expect(found.finding(.custom, "sql")?.examples.first?.cells == [.init("name", "•••"), .init("age", "30")])
        #expect(found.finding(.key, "name, age")?.examples.first?.cells == [.init("name", "•••"), .init("age", "30")])
        #expect(found.finding(.custom, "query")?.examples.first?.cells == [.init("row", "•••")])
        let all = try await Bench.check(
            ContractSpecification(name: "c", columns: [ContractColumn("a", .integer)]), csv: "a\nSECRET\n", hidesAll: true)
        #expect(all.finding(.type, "a")?.values == ["••• 1 0"])
    }
}
