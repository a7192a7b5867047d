// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

/// Predictions are answered on the connection's event loop where they can be, and by the router where not; nobody must notice which.
@Suite("Predictions on one connection")
struct DirectAnswerTests {
    private static let row = "17.99,10.38,122.8,1001.0,0.1184,0.2776,0.3001,0.1471,0.2419,0.07871,1.095,0.9053,8.589,153.4,0.006399"
    private static let body = #"{"inputs":[{"name":"features","shape":[1,15],"datatype":"FP32","data":[\#(row)]}]}"#

    private static func head(_ server: ServerProcess, length: Int, _ extra: String = "", path: String = "/v2/models/cells/infer") -> String
    {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\n\(extra)Content-Length: \(length)\r\n\r\n"
    }

    private func serving(_ test: (ServerProcess) async throws -> Void) async throws {
        try await withServer { server in
            let story = try await DeliveryStory(on: server)
            try await story.release()
            try await story.becomeReady()
            try await test(server)
        }
    }

    @Test("requests sent before their answers are answered in their order, whoever answers them")
    func pipelining() async throws {
        try await serving { server in
            let connection = try RawConnection(to: server.address)
            let ids = (0..<12).map { "request-\($0)" }
            var text = ""
            for (number, id) in ids.enumerated() {
                // Every third goes to the router.
                if number % 3 == 2 {
                    text +=
                        "GET /v2/models/cells HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\nX-Request-ID: \(id)\r\n\r\n"
                } else {
                    text += Self.head(server, length: Self.body.utf8.count, "X-Request-ID: \(id)\r\n") + Self.body
                }
            }
            text += Self.head(server, length: Self.body.utf8.count, "Connection: close\r\nX-Request-ID: last\r\n") + Self.body
            connection.send(text)
            let answers = try connection.everything()
            let found = answers.components(separatedBy: "\r\n").compactMap { line in
                line.lowercased().hasPrefix("x-request-id: ") ? String(line.dropFirst(14)) : nil
            }
            #expect(found == ids + ["last"])
            #expect(answers.components(separatedBy: "HTTP/1.1 200").count == 14)
        }
    }

    @Test("a body in pieces, in chunks, or larger than the short way takes is answered as one that comes whole")
    func shapes() async throws {
        try await serving { server in
            let pieces = try RawConnection(to: server.address)
            pieces.send(Self.head(server, length: Self.body.utf8.count, "Connection: close\r\n"))
            for piece in [Self.body.prefix(10), Self.body.dropFirst(10).prefix(40), Self.body.dropFirst(50)] {
                pieces.send(String(piece))
                // Answered after the piece has been read, so that the next one comes by itself.
                #expect(try await server.send(.GET, "/v2/health/live").status == 200)
            }
            #expect(try pieces.response().status == 200)

            let chunked = try RawConnection(to: server.address)
            let size = String(Self.body.utf8.count, radix: 16)
            chunked.send(
                "POST /v2/models/cells/infer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\nConnection: close\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n\(size)\r\n\(Self.body)\r\n0\r\n\r\n")
            #expect(try chunked.response().status == 200)

            let rows = 10_000
            let data = Array(repeating: Self.row, count: rows).joined(separator: ",")
            let large = String(repeating: " ", count: 200_000) + #"{"inputs":[{"name":"features","shape":[\#(rows),15],"datatype":"FP32","data":[\#(data)]}]}"#
            #expect(large.utf8.count > 1 << 20)
            let response = try await server.json(.POST, "/v2/models/cells/infer", large)
            #expect(response.status == 200)
        }
    }

    @Test("refusals are the same on both ways: no token, no such endpoint, no JSON, a body that its client cuts")
    func refusals() async throws {
        try await serving { server in
            for (path, body, token, status) in [
                ("/v2/models/cells/infer", Self.body, "wrong", 401), ("/v2/models/absent/infer", Self.body, server.token, 404),
                ("/v2/models/cells/infer", "{", server.token, 400), ("/v2/models/cells/versions/77/infer", Self.body, server.token, 404),
                ("/v2/models/cells/infer?revision=9", Self.body, server.token, 404),
                ("/v2/models/c%2Fells/infer", Self.body, server.token, 400),
            ] {
                let connection = try RawConnection(to: server.address)
                connection.send(
                    "POST \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                let response = try connection.response()
                #expect(response.status == status, "\(path): \(response.text)")
                #expect(response.member("error") is String, "\(path): \(response.text)")
            }
            do {
                let cut = try RawConnection(to: server.address)
                cut.send(Self.head(server, length: 10_000) + Self.body)
            }
            #expect(try await server.json(.POST, "/v2/models/cells/infer", Self.body).status == 200)
        }
    }

    @Test("a tester's header chooses the revision, and the metrics count every answer under one route")
    func revisionAndMetrics() async throws {
        try await serving { server in
            let connection = try RawConnection(to: server.address)
            connection.send(Self.head(server, length: Self.body.utf8.count, "Connection: close\r\nDhow-Revision: 1\r\n") + Self.body)
            #expect(try connection.response().status == 200)
            for revision in ["2", "none"] {
                let refused = try RawConnection(to: server.address)
                refused.send(
                    Self.head(server, length: Self.body.utf8.count, "Connection: close\r\nDhow-Revision: \(revision)\r\n") + Self.body)
                #expect(try refused.response().status == (revision == "2" ? 404 : 400))
            }
            let metrics = try await server.send(.GET, "/metrics").text
            let line = try #require(
                metrics.split(separator: "\n").first {
                    $0.hasPrefix("dhow_http_requests_total") && $0.contains("/infer") && $0.contains("\"404\"")
                })
            #expect(line.contains(#"route="/v2/models/{model}/infer""#))
        }
    }

    @Test("a request whose body still comes while the candidate is rolled back is answered by the stable revision")
    func rollBackDuringUpload() async throws {
        try await withServer { server in
            let story = try await DeliveryStory(on: server)
            try await story.release()
            try await story.becomeReady()
            try await story.release(round: "2")
            let key = try await Self.keyOfCandidate(server)
            let connection = try RawConnection(to: server.address)
            connection.send(Self.head(server, length: Self.body.utf8.count, "Connection: close\r\nDhow-Entity: \(key)\r\n"))
            connection.send(String(Self.body.prefix(100)))
            let rollouts = try await server.send(.GET, "/api/v1/rollouts?endpoint=cells")
            let items = try #require(rollouts.member("items") as? [[String: Any]])
            let rollout = try #require(items.first { $0["phase"] as? String == "progressing" }?["id"] as? String)
            #expect(try await server.json(.POST, "/api/v1/rollouts/\(rollout)/roll-back", #"{"reason":"It is worse."}"#).status == 200)
            connection.send(String(Self.body.dropFirst(100)))
            let response = try connection.response()
            #expect(response.status == 200)
            #expect(response.member("model_version") as? String == "1")
        }
    }

    /// An entity key that the split gives to the newest revision.
    private static func keyOfCandidate(_ server: ServerProcess) async throws -> String {
        for number in 0..<1_000 {
            let response = try await server.json(.POST, "/v2/models/cells/infer", body, headers: [("Dhow-Entity", "key-\(number)")])
            if response.member("model_version") as? String == "2" { return "key-\(number)" }
        }
        throw CancellationError()
    }
}
