// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@Suite struct JSONTextTests {
    @Test(
        "text read again is the same value",
        arguments: [
            JSONValue.null, true, 0, .integer(.min), .integer(.max), 1.0, -0.5, 1e300, .number(.leastNonzeroMagnitude), .number(.infinity),
            .number(-.infinity),
            "", "\u{0}\u{1F}\"\\/\u{7F}ä€😀", [], [:], [nil, [1, 1.0], ["a": ["b": [:]]]],
        ])
    func roundTrips(value: JSONValue) throws {
        let again = try JSONReader.value(of: value.jsonText)
        #expect(again == value)
        if case .number = value { #expect({ if case .number = again { true } else { false } }(), "\(value.jsonText) lost its point") }
    }

    @Test("members stand by name, without spaces")
    func order() {
        #expect(JSONValue.object(["b": 1, "a": [2, "x"], "ä": nil]).jsonText == "{\"a\":[2,\"x\"],\"b\":1,\"ä\":null}")
    }

    @Test("what is no number is written as Python does")
    func notANumber() throws {
        #expect(JSONValue.number(.nan).jsonText == "NaN")
        #expect(try #require(try JSONReader.value(of: "NaN").double).isNaN)
    }
}
