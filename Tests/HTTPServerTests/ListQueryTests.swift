// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import HTTPServer

@Suite struct ListQueryTests {
    private enum Colour: String, CaseIterable { case red, green }

    private func query(_ text: String) throws -> ListQuery {
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/list?\(text)")
        return try ListQuery(Request(head: head, body: RequestBody(buffer: ByteBuffer())))
    }

    @Test("takes a page of 100 unless told otherwise")
    func limits() throws {
        #expect(try query("").limit == 100)
        #expect(try query("limit=1").limit == 1)
        #expect(try query("limit=1000").limit == 1000)
    }

    @Test("refuses page sizes that are none", arguments: ["0", "-1", "1001", "ten", "", "1e3", "99999999999999999999"])
    func badLimits(text: String) {
        #expect(throws: Problem.self) { try query("limit=\(text)") }
    }

    @Test("reads filters, percent-encoded or not, and refuses malformed ones")
    func filters() throws {
        let query = try query("after=x%20y&version=3&colour=red&bad=3.5")
        #expect(query.after == "x y")
        #expect(query.text("absent") == nil)
        #expect(try query.integer("version") == 3)
        #expect(try query.integer("absent") == nil)
        #expect(throws: Problem.self) { try query.integer("bad") }
        #expect(try query.choice("colour", of: Colour.self) == .red)
        #expect(throws: Problem.self) { try query.choice("bad", of: Colour.self) }
        #expect(throws: Problem.self) { try query.requiredText("absent") }
    }

    @Test("names a next page when the page is full")
    func paging() throws {
        let query = try query("limit=2")
        #expect(query.page(["a", "b"], id: { $0 }, { $0 }).next == "b")
        #expect(query.page(["a"], id: { $0 }, { $0 }).next == nil)
        #expect(query.page([], id: { $0 }, { (text: String) in text }).next == nil)
    }
}
