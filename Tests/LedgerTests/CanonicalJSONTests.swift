// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import Testing

@Suite("Canonical entries")
struct CanonicalJSONTests {
    private func text(_ value: JSONValue) throws -> String { String(decoding: try CanonicalJSON.bytes(of: value), as: UTF8.self) }

    @Test("sorts keys by UTF-16 code units: the example of RFC 8785 section 3.2.3")
    func keyOrder() throws {
        let value: JSONValue = [
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis",
        ]
        let expected =
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With Diaeresis\","
            + "\"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        #expect(try text(value) == expected)
        #expect(CanonicalJSON.isCanonical(expected))
    }

    @Test("escapes strings as RFC 8785 section 3.2.2.2 does")
    func strings() throws {
        #expect(try text(.string("\u{20ac}$\u{f}\nA'B\"\\\\\"/")) == "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"")
        #expect(try text(.string("\u{8}\t\u{c}\r\u{7f}\u{1f}")) == "\"\\b\\t\\f\\r\u{7f}\\u001f\"")
    }

    @Test("writes literals, integers to the edge of exactness, and empty containers")
    func values() throws {
        #expect(
            try text([.null, true, false, 0, -7, 9_007_199_254_740_991, -9_007_199_254_740_991, [], [:]])
                == "[null,true,false,0,-7,9007199254740991,-9007199254740991,[],{}]")
    }

    @Test("refuses floats, inexact integers and deep nesting", arguments: [0.5, 1, .nan] as [Double])
    func refusals(number: Double) {
        for value in [JSONValue.number(number), .integer(9_007_199_254_740_992), .integer(.min)] {
            let problem = #expect(throws: Problem.self) { try CanonicalJSON.bytes(of: ["deep": [value]]) }
            #expect(problem?.code == "ledger.payload.number")
        }
        let deep = (0..<40).reduce(JSONValue.null) { inner, _ in .array([inner]) }
        #expect(throws: Problem.self) { try CanonicalJSON.bytes(of: deep) }
    }

    @Test(
        "tells canonical text from any other spelling",
        arguments: [
            "{\"a\": 1}", "{\"b\":1,\"a\":1}", "{\"a\":1,\"a\":2}", "1.0", "1e3", "-0", "01", "+1", "9007199254740992", "\"\\u000a\"",
            "\"\\/\"",
            "\"\\u00e9\"", "\"\\u001F\"", "\"\n\"", "\"open", "[1,]", "{\"a\":1,}", "{}x", "", " 1", "nul", "{\"a\":1},\"requestID\":\"x\"",
            "[1 ,2]",
            "{\"\u{fb33}\":1,\"\u{1f600}\":2}", "18446744073709551617",
        ])
    func otherSpellings(text: String) {
        #expect(!CanonicalJSON.isCanonical(text))
    }

    @Test("accepts what it writes: 2,000 random values (seed 20261123)")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 20_261_123)
        for _ in 0..<2000 {
            let value = generator.value(depth: 0)
            let text = try text(value)
            #expect(CanonicalJSON.isCanonical(text), "\(text)")
            #expect(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) == value)
        }
    }

    @Test("writes an entry with its keys sorted and absent fields left out")
    func entry() throws {
        var entry = LedgerEntry(
            id: "01HF", time: Timestamp(milliseconds: 1_700_000_000_000), actor: "user:amina", verb: "version.registered",
            resource: "model/flights/3", workspace: "default", payload: ["digest": "sha256:00", "count": 2])
        #expect(
            String(decoding: try entry.canonicalBytes(), as: UTF8.self)
                == #"{"actor":"user:amina","id":"01HF","outcome":"done","payload":{"count":2,"digest":"sha256:00"},"#
                + #""resource":"model/flights/3","time":1700000000000,"v":1,"verb":"version.registered","workspace":"default"}"#)
        entry.onBehalfOf = "user:\"b\""
        entry.decision = "rule"
        entry.requestID = "r1"
        let text = String(decoding: try entry.canonicalBytes(), as: UTF8.self)
        #expect(text.hasPrefix(#"{"actor":"user:amina","decision":"rule","id":"01HF","onBehalfOf":"user:\"b\"","outcome""#))
        #expect(text.contains(#","requestID":"r1","resource":"#))
        #expect(CanonicalJSON.isCanonical(text))
    }

    @Test("refuses entries that are too large, nameless or hold control characters")
    func entryBounds() throws {
        let entry = LedgerEntry(
            id: "1", time: Timestamp(milliseconds: 1), actor: "a", verb: "v", resource: "r", workspace: "",
            payload: .string(String(repeating: "x", count: LedgerEntry.maximumSize)))
        #expect(throws: Problem.self) { try entry.canonicalBytes() }
        var small = entry
        small.payload = [:]
        #expect(try small.canonicalBytes().count < 200)
        small.actor = ""
        #expect(throws: Problem.self) { try small.canonicalBytes() }
        small.actor = "a\nb"
        #expect(throws: Problem.self) { try small.canonicalBytes() }
    }
}

/// SplitMix64: the same values in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 7 : 4), using: &self) {
        case 0: return .bool(Bool.random(using: &self))
        case 1: return .integer(Int64.random(in: CanonicalJSON.integers, using: &self))
        case 2: return .string(text())
        case 3: return .null
        case 4: return .array((0..<Int.random(in: 0..<4, using: &self)).map { _ in value(depth: depth + 1) })
        default:
            let members = (0..<Int.random(in: 0..<5, using: &self)).map { _ in (text(), value(depth: depth + 1)) }
            return .object(Dictionary(members, uniquingKeysWith: { first, _ in first }))
        }
    }

    private mutating func text() -> String {
        let alphabet: [Unicode.Scalar] = ["a", "b", "Z", "1", "\"", "\\", "/", "\n", "\u{1}", "\u{7f}", "é", "€", "\u{fb33}", "\u{1f600}"]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<6, using: &self) { text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &self)]) }
        return String(text)
    }
}
