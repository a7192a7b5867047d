// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@Suite("Hostile input on every edge")
struct HostileInputTests {
    private static let malformed = [
        "{", "[1,2", #"{"name":}"#, "\u{0}", "nul", #"{"name": 7, "#, #"["a"]"#, "7", #"{"name":"a"} x"#,
        "\u{FEFF}{",
        #"{"name":"a\#u{1}"}"#,
    ]

    @Test("malformed and truncated JSON is refused in the edge's own words", arguments: Edge.allCases)
    func malformed(edge: Edge) async throws {
        try await withServer { server in
            for body in Self.malformed {
                let response = try await server.json(.POST, edge.post, body)
                #expect(edge.refuses(response), "\(body.debugDescription): \(response.status) \(response.text)")
            }
            let notText = try await server.send(.POST, edge.post, body: [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D])
            #expect(edge.refuses(notText), "\(notText.status) \(notText.text)")
        }
    }

    @Test("deeply nested JSON is refused before a parser recurses", arguments: Edge.allCases, [#"["#, #"{"a":"#])
    func nesting(edge: Edge, opening: String) async throws {
        try await withServer { server in
            let closing = opening == "[" ? "]" : "}"
            let deep = String(repeating: opening, count: 100_000) + "1" + String(repeating: closing, count: 100_000)
            for body in [deep, #"{"name":\#(deep)}"#, String(repeating: opening, count: 100_000)] {
                let response = try await server.json(.POST, edge.post, body)
                #expect(edge.refuses(response), "\(response.status) \(response.text.prefix(200))")
            }
        }
    }

    @Test("a body beyond the route's limit is a 413, whether its length is declared or not", arguments: Edge.allCases)
    func oversize(edge: Edge) async throws {
        try await withServer { server in
            let declared = try await server.json(
                .POST, edge.post, #"{"name":""# + String(repeating: "x", count: edge.bodyBeyondLimit) + #""}"#)
            #expect(declared.status == 413)
            #expect(edge.refuses(declared), "\(declared.text)")
            let piece = String(repeating: "x", count: 1 << 20)
            let connection = try RawConnection(to: server.address)
            connection.send(
                "POST \(edge.post) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0...(edge.bodyBeyondLimit >> 20) {
                guard connection.send("100000\r\n\(piece)\r\n") else { break }
            }
            connection.send("0\r\n\r\n")
            #expect(try connection.status() == 413)
        }
    }

    @Test("names in paths that hide '..', NUL or a separator are refused, also doubly encoded", arguments: Edge.allCases)
    func paths(edge: Edge) async throws {
        try await withServer { server in
            let segments = [
                "%2e%2e", "%252e%252e", "a%00b", "a%2500b", "a%5Cb", "a%255Cb", "%C0%AE%C0%AE", "%ff", "%2e%2e%2fkeys.json",
                "%252e%252e%252fkeys.json", "..%2f..%2fetc%2fpasswd", "a%zz", String(repeating: "a", count: 2000),
            ]
            for segment in segments {
                // Byte by byte, because clients mend what is not UTF-8.
                let connection = try RawConnection(to: server.address)
                connection.send(
                    "GET \(edge.path(segment)) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\nConnection: close\r\n\r\n")
                let response = try connection.response()
                #expect(edge.refuses(response), "\(segment): \(response.status) \(response.text)")
            }
        }
    }

    @Test("artifact paths that climb, are absolute or hide a NUL can be neither read, written, listed nor deleted")
    func artifactPaths() async throws {
        try await withServer { server in
            let base = "/api/2.0/mlflow-artifacts/artifacts"
            for path in ["a/../../b", "a/%2e%2e/b", "a/%252e%252e/b", "a//b", "a/%00", "%2fetc/passwd", "a/./b", "a%5C..%5Cb"] {
                for method in [HTTPMethod.GET, .PUT, .DELETE] {
                    let response = try await server.send(method, "\(base)/\(path)", body: method == .PUT ? [1, 2, 3] : nil)
                    #expect(Edge.mlflow.refuses(response), "\(method) \(path): \(response.status)")
                }
                let listing = try await server.send(.GET, "\(base)?path=\(path.replacing("/", with: "%2F"))")
                let isEmpty = listing.status == 200 && listing.member("files") == nil
                #expect(isEmpty || Edge.mlflow.refuses(listing), "list \(path): \(listing.status) \(listing.text)")
            }
            #expect(!FileManager.default.fileExists(atPath: server.folder.deletingLastPathComponent().appending(path: "b").path))
        }
    }

    @Test(
        "names that hide a path, a NUL or nothing at all are refused in bodies",
        arguments: ["", "../x", "a/b", "a\\u0000b", "a\\nb"])
    func names(name: String) async throws {
        try await withServer { server in
            let model = try await server.mlflow("registered-models/create", #"{"name":"\#(name)"}"#)
            #expect(Edge.mlflow.refuses(model), "\(model.status) \(model.text)")
            let execution = try await server.json(.POST, "/api/v1/executions", #"{"pipeline":"\#(name)"}"#)
            #expect(Edge.native.refuses(execution), "\(execution.status) \(execution.text)")
            let document =
                #"apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: \"\#(name)\"}\nspec: {steps: [{name: a, command: [\"true\"]}]}"#
            let pipeline = try await server.json(.POST, "/api/v1/pipelines", #"{"document":"\#(document)","sources":{}}"#)
            #expect(Edge.native.refuses(pipeline), "\(pipeline.status) \(pipeline.text)")
        }
    }

    @Test("too many, too large and malformed headers end in a refusal or a closed connection, and the server goes on")
    func headers() async throws {
        try await withServer { server in
            let floods = [
                (0..<2_000).map { "X-H\($0): 1\r\n" }.joined(), "X-Large: \(String(repeating: "a", count: 1 << 20))\r\n",
                (0..<64).map { "X-Wide\($0): \(String(repeating: "a", count: 8 << 10))\r\n" }.joined(), "X Bad: 1\r\n",
                "Content-Length: -5\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: 99999999999999999999\r\n",
            ]
            for flood in floods {
                let connection = try RawConnection(to: server.address)
                connection.send("GET /livez HTTP/1.1\r\nHost: x\r\n\(flood)\r\n")
                let status = try connection.status()
                #expect(status == nil || (400..<500).contains(status ?? 0), "\(flood.prefix(30)): \(String(describing: status))")
            }
            #expect(try await server.send(.GET, "/livez").status == 200)
        }
    }

    @Test("clients that never finish their requests do not keep others from being answered")
    func slowClients() async throws {
        try await withServer { server in
            var slow: [RawConnection] = []
            for index in 0..<200 {
                let connection = try RawConnection(to: server.address)
                connection.send(
                    index.isMultiple(of: 2)
                        ? "GET /livez HTTP/1.1\r\nHost:"
                        : "POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\n"
                            + "Content-Length: 1000\r\n\r\n{")
                slow.append(connection)
            }
            for index in 0..<10 {
                let response = try await server.mlflow("experiments/create", #"{"name":"e\#(index)"}"#)
                #expect(response.status == 200)
            }
            #expect(slow.count == 200)
        }
    }
}
