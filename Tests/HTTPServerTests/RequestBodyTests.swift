// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import NIOCore
import Testing

@Suite struct RequestBodyTests {
    private struct Body: Codable, Equatable {
        var name: String
        var counts: [Int]?
    }

    private func decode(_ text: String) throws -> Body {
        try RequestBody.decode(Body.self, from: ByteBuffer(string: text))
    }

    @Test("takes 64 levels of nesting and refuses 65")
    func depth() throws {
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        try RequestBody.checkDepth(ByteBuffer(string: deepest))
        let problem = #expect(throws: Problem.self) { try RequestBody.checkDepth(ByteBuffer(string: "[\(deepest)]")) }
        #expect(problem?.code == "request.body.too-deep")
    }

    @Test("refuses a million open brackets without recursing")
    func flood() {
        for bracket in ["[", "{\"a\":"] {
            #expect(throws: Problem.self) {
                try RequestBody.checkDepth(ByteBuffer(string: String(repeating: bracket, count: 1_000_000)))
            }
        }
    }

    @Test("does not count brackets inside texts, also after escaped quotes")
    func texts() throws {
        let brackets = String(repeating: "[", count: 100)
        for text in ["\"\(brackets)\"", "\"\\\"\(brackets)\"", "\"\\\\\"", "{\"\(brackets)\":\"\(brackets)\"}"] {
            try RequestBody.checkDepth(ByteBuffer(string: text))
        }
        #expect(throws: Problem.self) { try RequestBody.checkDepth(ByteBuffer(string: "[\"\\\\\"" + brackets)) }
    }

    @Test("counts levels, not siblings")
    func siblings() throws {
        try RequestBody.checkDepth(ByteBuffer(string: "[" + String(repeating: "[],", count: 1000) + "[]]"))
    }

    @Test("ignores members it does not know")
    func unknownMembers() throws {
        #expect(try decode("{\"name\":\"a\",\"counts\":[1],\"later\":true}") == Body(name: "a", counts: [1]))
    }

    @Test(
        "says which member is wrong",
        arguments: [
            ("", "'name'"), ("{}", "'name'"), ("{\"name\":1}", "'name'"), ("{\"name\":null}", "'name'"),
            ("{\"name\":\"a\",\"counts\":[1,\"b\"]}", "counts"), ("{", "top"), ("[1]", "top"),
        ])
    func malformed(text: String, named: String) {
        let problem = #expect(throws: Problem.self) { try decode(text) }
        #expect(problem?.kind == .invalid)
        #expect(problem?.code == "request.body.malformed")
        #expect(problem?.why?.contains(named) == true, "\(problem?.why ?? "")")
    }
}
