// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Testing

@testable import Tracking

@Suite struct CSVTests {
    private func records(_ text: String, chunk: Int) throws -> [[String]] {
        var reader = CSVRecords(file: "t.csv")
        var records: [[String]] = []
        var fields: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, through: bytes.count, by: chunk) {
            let end = min(start + chunk, bytes.count)
            try reader.read(Array(bytes[start..<end]), isLast: end == bytes.count && start + chunk > bytes.count) { index, field in
                #expect(index == fields.count)
                fields.append(String(decoding: field, as: UTF8.self))
            } endOfRecord: { count, _ in
                #expect(count == fields.count)
                records.append(fields)
                fields = []
            }
        }
        return records
    }

    /// From RFC 4180, section 2, and what common programs write beside it.
    private static let cases: [(String, [[String]])] = [
        ("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]),
        ("aaa,bbb,ccc\r\nzzz,yyy,xxx", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]),
        ("\"aaa\",\"b \r\nbb\",\"ccc\"\r\nzzz,yyy,xxx", [["aaa", "b \r\nbb", "ccc"], ["zzz", "yyy", "xxx"]]),
        ("\"aaa\",\"b\"\"bb\",\"ccc\"", [["aaa", "b\"bb", "ccc"]]),
        ("a,\"\",\"\"\"\"\n,,\n", [["a", "", "\""], ["", "", ""]]),
        ("a,b\n\n\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a,5\" pipe\n", [["a", "5\" pipe"]]),
        ("\u{FEFF}a,b\nö,€\n", [["a", "b"], ["ö", "€"]]),
    ]

    @Test("splits the same records however the bytes arrive", arguments: 1...12)
    func chunks(size: Int) throws {
        for (text, expected) in Self.cases { #expect(try records(text, chunk: size) == expected, "\(text)") }
    }

    @Test("refuses a line beyond its bound", arguments: [1 << 16, 1 << 22])
    func longLines(chunk: Int) {
        let text = "a\n" + String(repeating: "x", count: CSVRecords.maximumLineBytes + 2) + "\n"
        #expect(throws: Problem.self) { try records(text, chunk: chunk) }
    }

    @Test("reads decimal numbers to the nearest double, and nothing else")
    func numbers() {
        func number(_ text: String) -> FieldValue.Number? { Array(text.utf8).withUnsafeBytes { FieldValue.number($0) } }
        for text in [
            "0", "-0", "7", "+7", "39.02", "-1.5", ".5", "5.", "1e3", "1.5E-3", "0.1", "123456789012345678", "9007199254740993", "1e-320",
            "0.00000000000000000000000000001", "3.141592653589793238462643383279", "000123", "1e22", "123456789.123456789",
        ] {
            #expect(number(text)?.value == Double(text), "\(text)")
        }
        for text in ["", "-", ".", "1.2.3", "1e", "e3", "0x10", "inf", "nan", "1,5", "12a", " 1", "1 ", "--1", "1e999"] {
            #expect(number(text) == nil, "\(text)")
        }
        #expect(number("12")?.isInteger == true)
        #expect(number("12.0")?.isInteger == false)
        #expect(number("1234567890123456789")?.isInteger == false)
    }

    @Test("reads times to the millisecond")
    func times() {
        func time(_ text: String) -> Double? { Array(text.utf8).withUnsafeBytes { FieldValue.time($0) } }
        // From Python: datetime.fromisoformat(text).timestamp() * 1000.
        #expect(time("1970-01-01") == 0)
        #expect(time("2013-01-01T10:15:00Z") == 1_357_035_300_000)
        #expect(time("2000-02-29 23:59:59.250") == 951_868_799_250)
        #expect(time("2013-01-01T10:15+01:30") == 1_357_029_900_000)
        #expect(time("1899-12-31T00:00:00Z") == -2_209_075_200_000)
        for text in [
            "2013-02-29", "2013-13-01", "2013-1-1", "2013-01-01T25:00", "2013-01-01T10:15:00ZZ", "2013/01/01", "20130101", "2013-01-01T",
        ] {
            #expect(time(text) == nil, "\(text)")
        }
    }

    @Test("counts distinct values exactly to the bound, then within three standard errors")
    func distinct() {
        var counter = ValueCounter(limit: 1000)
        for value in 0..<1000 { for _ in 0..<2 { withUnsafeBytes(of: value) { counter.add($0) } } }
        #expect(counter.distinct == 1000)
        #expect(counter.isExact)
        for value in 1000..<200_000 { withUnsafeBytes(of: value) { counter.add($0) } }
        #expect(!counter.isExact)
        #expect(abs(counter.distinct - 200_000) < 9_800)
    }

    @Test("takes gzip of several members, and refuses a damaged one")
    func gzip() throws {
        // Made with: printf 'x\n1\n' | gzip -n | xxd -p, and printf '2\n' likewise.
        let first: [UInt8] = try #require([UInt8](hexadecimal: "1f8b0800000000000003abe032e40200153cd0a404000000"))
        let second: [UInt8] = try #require([UInt8](hexadecimal: "1f8b080000000000000333e2020090af7c4c02000000"))
        func expand(_ bytes: [UInt8], chunk: Int) throws -> [UInt8] {
            let stream = try GzipStream(file: "t.csv.gz")
            var output: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: chunk) {
                try stream.expand(Array(bytes[start..<min(start + chunk, bytes.count)])) { output += $0 }
            }
            try stream.finish()
            return output
        }
        for chunk in [1, 5, 100] { #expect(try expand(first + second, chunk: chunk) == Array("x\n1\n2\n".utf8)) }
        #expect(throws: Problem.self) { try expand(Array(first.dropLast(3)), chunk: 100) }
        var damaged = first
        damaged[18] ^= 1
        #expect(throws: Problem.self) { try expand(damaged, chunk: 100) }
        #expect(throws: Problem.self) { try expand(Array("x,y\n".utf8), chunk: 100) }
    }
}
