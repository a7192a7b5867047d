// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import HTTPServer

@Suite struct PathSegmentTests {
    @Test(
        "decodes names once",
        arguments: [
            ("flights", "flights"), ("a%20b", "a b"), ("caf%C3%A9", "café"), ("100%25", "100%"), ("...", "..."), ("a..b", "a..b"),
            ("%E2%82%AC", "€"),
        ])
    func names(raw: String, decoded: String) throws {
        #expect(try PathSegment.decode(raw) == decoded)
    }

    @Test(
        "refuses what hides a path, in one or two layers of encoding",
        arguments: [
            "", ".", "..", "%2e%2e", "%2E.", "%252e%252e", "..%2f..", "a%2Fb", "a%252Fb", "a\\b", "a%5cb", "a%255Cb", "..%5c..",
        ])
    func traversal(raw: String) {
        #expect(throws: Problem.self) { try PathSegment.decode(raw) }
    }

    @Test(
        "refuses control characters, in one or two layers of encoding",
        arguments: ["a%00", "%00", "a%2500", "a%0d%0ab", "a%0A", "%7f", "a\u{0}b", "%1b%5b31m"])
    func controls(raw: String) {
        #expect(throws: Problem.self) { try PathSegment.decode(raw) }
    }

    /// Overlong forms, surrogates and stray bytes are no UTF-8 (RFC 3629, sections 3 and 10).
    @Test(
        "refuses bytes that are not UTF-8",
        arguments: ["%c0%ae%c0%ae", "%c0%af", "%e0%80%af", "%f0%80%80%af", "%ed%a0%80", "%ff", "%80", "%c3", "%f8%88%80%80%80"])
    func overlong(raw: String) {
        #expect(throws: Problem.self) { try PathSegment.decode(raw) }
    }

    @Test("refuses broken percent encoding", arguments: ["%", "%2", "%zz", "a%g0"])
    func broken(raw: String) {
        #expect(throws: Problem.self) { try PathSegment.decode(raw) }
    }

    @Test("takes a segment of 1024 bytes and no longer one")
    func length() throws {
        let longest = String(repeating: "a", count: PathSegment.maximumBytes)
        #expect(try PathSegment.decode(longest) == longest)
        #expect(throws: Problem.self) { try PathSegment.decode(longest + "a") }
    }

    @Test("splits before it decodes, so that an encoded separator makes no segment")
    func splitting() throws {
        #expect(try PathSegment.decodeAll("model/a%20b/c") == ["model", "a b", "c"])
        for raw in ["model//c", "/model", "model/", "model/%2e%2e/c", "model/a%2Fb"] {
            #expect(throws: Problem.self, "\(raw)") { try PathSegment.decodeAll(raw) }
        }
        let deepest = Array(repeating: "a", count: PathSegment.maximumSegments).joined(separator: "/")
        #expect(try PathSegment.decodeAll(deepest).count == PathSegment.maximumSegments)
        #expect(throws: Problem.self) { try PathSegment.decodeAll(deepest + "/a") }
    }

    @Test("checks paths that are decoded already")
    func decoded() throws {
        #expect(try PathSegment.split("") == [])
        #expect(try PathSegment.split("model/MLmodel") == ["model", "MLmodel"])
        for path in ["/etc/passwd", "../a", "a/../b", "a//b", "a\\b", "a\u{0}b", "%2e%2e/a"] {
            #expect(throws: Problem.self, "\(path)") { try PathSegment.split(path) }
        }
    }
}
