// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Testing

@testable import Compatibility

@Suite struct JSONTests {
    private func value(_ text: String) throws -> JSONValue {
        try Array(text.utf8).withUnsafeBufferPointer { try JSONReader.value(in: $0) }
    }

    /// Texts from RFC 8259 and the corners of its grammar.
    private static let good: [(String, JSONValue)] = [
        ("{}", [:]), ("[]", []), (" [ ] ", []), ("[[],{}]", [[], [:]]), ("{\"a\":{\"b\":[1,2.5,-3]}}", ["a": ["b": [1, 2.5, -3]]]),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9.223372036854775808e18)),
        ("1e3", 1000.0), ("-0.5E-2", -0.005), ("true", true), ("[null,false]", [nil, false]),
        ("\"a\\n\\t\\\"\\\\\\/\\u00e4\\ud83d\\ude00\"", "a\n\t\"\\/ä😀"), ("\"\\ud83d\"", "\u{FFFD}"), ("\"€\"", "€"),
        ("Infinity", .number(.infinity)),
        ("[-Infinity]", [.number(-.infinity)]), ("{\"a\":1,\"a\":2}", ["a": 2]),
    ]

    @Test("reads what JSON can say")
    func reading() throws {
        for (text, expected) in Self.good { #expect(try value(text) == expected, "\(text)") }
        guard case .number(let number) = try value("NaN") else { return #expect(Bool(false), "NaN is a number here.") }
        #expect(number.isNaN)
    }

    @Test(
        "refuses what is no JSON",
        arguments: [
            "", "{", "[", "[1", "[1,", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "[1,]", "tru", "\"", "\"a", "\"\\x\"",
            "\"\\u12\"",
            "\"\n\"", "-", "1 2", "{]", "[}", "+1x",
        ])
    func malformed(text: String) {
        #expect(throws: Problem.self) { try value(text) }
    }

    @Test("bounds nesting before the stack does")
    func depth() throws {
        _ = try value(String(repeating: "[", count: 64) + "1" + String(repeating: "]", count: 64))
        #expect(throws: Problem.self) { try value(String(repeating: "[", count: 65) + "1" + String(repeating: "]", count: 65)) }
        #expect(throws: Problem.self) { try value(String(repeating: "[", count: 1_000_000)) }
        _ = try value("[" + String(repeating: "[],", count: 1000) + "{}]")
    }

    @Test("writes texts and numbers that a JSON parser reads back")
    func writing() throws {
        let text = "a\"\\\n\u{1}€😀"
        let writer = JSONWriter.object { writer in
            writer.member("text", text)
            writer.member("none", nil as String?)
            writer.member("count", 7)
            writer.member("small", 1e-7)
            writer.member("big", 1.7976931348623157e308)
            writer.member("nan", Double.nan)
            writer.member("yes", true)
            writer.member("empty", texts: [])
            writer.member("items", objects: [1, 2]) { item, writer in writer.member("n", Int64(item)) }
            writer.member("inner") { $0.member("x", "y") }
        }
        let parsed = try JSONDecoder().decode(JSONValue.self, from: Data(writer.bytes))
        #expect(
            parsed == [
                "text": .string(text), "count": 7, "small": 1e-7, "big": 1.7976931348623157e308, "nan": "NaN", "yes": true,
                "items": [["n": 1], ["n": 2]], "inner": ["x": "y"],
            ])
    }
}
