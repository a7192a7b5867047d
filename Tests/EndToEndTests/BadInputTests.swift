// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("Bad input over HTTP")
struct BadInputTests {
    @Test(
        "malformed JSON is a 400 that says where",
        arguments: ["", "{", "[1,2", #"{"principal":}"#, "\u{0}", "nul", #"{"principal": 7}"#, #"["a"]"#, #"{"principal":"\uD800"}"#])
    func malformed(body: String) async throws {
        try await withServer { server in
            let response = try await server.json(.POST, "/api/v1/tokens", body)
            #expect(response.status == 400)
            #expect(response.headers["Content-Type"].first == "application/problem+json")
            #expect(response.member("title") as? String != nil)
        }
    }

    @Test("deeply nested JSON is refused before it is parsed")
    func deep() async throws {
        try await withServer { server in
            let body = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
            let response = try await server.json(.POST, "/api/v1/tokens", body)
            #expect(response.status == 400)
            #expect(response.member("code") as? String == "request.body.too-deep")
        }
    }

    @Test("a body beyond the route's limit is a 413")
    func oversize() async throws {
        try await withServer { server in
            let response = try await server.json(.POST, "/api/v1/tokens", #"{"note":""# + String(repeating: "x", count: 5 << 20) + #""}"#)
            #expect(response.status == 413)
        }
    }

    @Test(
        "paths that hide '..', NUL or a separator are refused, also doubly encoded",
        arguments: ["..", "%2e%2e", "%252e%252e", "a%00b", "a%2Fb", "a%252Fb", "a%5Cb", "%C0%AE%C0%AE", "%ff"])
    func paths(segment: String) async throws {
        try await withServer { server in
            let response = try await server.send(.DELETE, "/api/v1/tokens/\(segment)")
            #expect([400, 404, 405].contains(response.status), "\(segment): \(response.status)")
            #expect(!response.text.contains("fault"))
        }
    }

    @Test(
        "names that could be paths, are empty or too long cannot be created", arguments: ["", "..", "a/b", "a b", "é", "a\\u0000b", "-x"])
    func names(name: String) async throws {
        try await withServer { server in
            let response = try await server.json(.POST, "/api/v1/tokens", #"{"principal":"\#(name)"}"#)
            #expect(response.status == 400)
        }
    }
}
