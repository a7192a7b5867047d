// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("Duplicates, unknown references and wrong tokens")
struct ConflictTests {
    @Test("a second experiment or model of the same name is RESOURCE_ALREADY_EXISTS")
    func duplicates() async throws {
        try await withServer { server in
            for call in ["experiments/create", "registered-models/create"] {
                #expect(try await server.mlflow(call, #"{"name":"twice"}"#).status == 200)
                let second = try await server.mlflow(call, #"{"name":"twice"}"#)
                #expect(second.status == 400)
                #expect(second.member("error_code") as? String == "RESOURCE_ALREADY_EXISTS", "\(second.text)")
            }
        }
    }

    @Test("of 32 creations of one name at once exactly one succeeds", arguments: ["experiments/create", "registered-models/create"])
    func race(call: String) async throws {
        try await withServer { server in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<32 { group.addTask { try await server.mlflow(call, #"{"name":"raced"}"#).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1)
            #expect(statuses.filter { $0 == 400 }.count == 31)
        }
    }

    @Test("a principal created twice has two tokens, and a binding given twice is one")
    func principals() async throws {
        try await withServer { server in
            #expect(try await server.json(.POST, "/api/v1/tokens", #"{"principal":"amina"}"#).status == 201)
            #expect(try await server.json(.POST, "/api/v1/tokens", #"{"principal":"amina"}"#).status == 201)
            let binding = #"{"principal":"amina","workspace":"default","role":"viewer"}"#
            let first = try await server.json(.POST, "/api/v1/bindings", binding)
            let second = try await server.json(.POST, "/api/v1/bindings", binding)
            #expect(first.status == 201)
            #expect([201, 409].contains(second.status), "\(second.text)")
            let all = try await server.send(.GET, "/api/v1/bindings")
            let items = try #require(all.member("items") as? [[String: Any]])
            #expect(items.filter { $0["principal"] as? String == "amina" }.count == 1)
        }
    }

    @Test("32 registrations at once are numbered 1 to 32")
    func versionNumbers() async throws {
        try await withServer { server in
            let (_, run) = try await server.run(in: "many")
            #expect(try await server.mlflow("registered-models/create", #"{"name":"many"}"#).status == 200)
            let body = #"{"name":"many","source":"s3://bucket/model","run_id":"\#(run)"}"#
            let numbers = try await withThrowingTaskGroup(of: Int?.self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        let made = try await server.mlflow("model-versions/create", body)
                        return ((made.member("model_version") as? [String: Any])?["version"] as? String).flatMap { Int($0) }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1 ?? -1) }
            }
            #expect(numbers.sorted() == Array(1...32))
        }
    }

    private static let unknown: [(HTTPMethod, String, String?)] = [
        (.GET, "/api/v1/models/none", nil), (.GET, "/api/v1/models/none/versions/1", nil), (.GET, "/api/v1/pipelines/none", nil),
        (.GET, "/api/v1/executions/none", nil), (.POST, "/api/v1/executions/none/cancel", nil),
        (.POST, "/api/v1/executions", #"{"pipeline":"none"}"#), (.GET, "/api/v1/approvals/none", nil),
        (.POST, "/api/v1/approvals/none/decision", #"{"decision":"approve","comment":"fine"}"#), (.GET, "/api/v1/releases/none", nil),
        (.GET, "/api/v1/rollouts/none", nil), (.POST, "/api/v1/rollouts/none/promote", #"{"reason":"why not"}"#),
        (.GET, "/api/v1/endpoints/none", nil), (.GET, "/api/v1/predictions/none", nil), (.GET, "/api/v1/snapshots/none", nil),
        (.GET, "/api/v1/datasets/none/snapshots/latest", nil), (.DELETE, "/api/v1/tokens/none", nil), (.GET, "/api/v1/nothing", nil),
        (.GET, "/api/2.0/mlflow/experiments/get?experiment_id=999", nil), (.GET, "/api/2.0/mlflow/runs/get?run_id=none", nil),
        (.POST, "/api/2.0/mlflow/runs/create", #"{"experiment_id":"999"}"#),
        (.POST, "/api/2.0/mlflow/runs/log-metric", #"{"run_id":"none","key":"m","value":1,"timestamp":1}"#),
        (.GET, "/api/2.0/mlflow/registered-models/get?name=none", nil),
        (.POST, "/api/2.0/mlflow/model-versions/create", #"{"name":"none","source":"s3://bucket/model"}"#),
        (.GET, "/api/2.0/mlflow-artifacts/artifacts/none", nil), (.GET, "/v2/models/none", nil),
        (
            .POST, "/v2/models/none/infer",
            #"{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}"#
        ),
    ]

    @Test("whatever names something that is not there is a 404 in the edge's own words")
    func unknownReferences() async throws {
        try await withServer { server in
            for (method, path, body) in Self.unknown {
                let response = try await server.send(
                    method, path, body: body.map { Array($0.utf8) }, headers: [("Content-Type", "application/json")])
                #expect(response.status == 404, "\(method) \(path): \(response.status) \(response.text)")
                let edge: Edge = path.hasPrefix("/v2") ? .inference : path.hasPrefix("/api/2.0") ? .mlflow : .native
                #expect(edge.refuses(response), "\(method) \(path): \(response.text)")
            }
        }
    }

    @Test("a wrong token is a 401 in the edge's own words", arguments: Edge.allCases)
    func wrongTokens(edge: Edge) async throws {
        try await withServer { server in
            for text in [
                "Bearer x", "Bearer dhow_0123456789ab_\(String(repeating: "0", count: 64))", "Bearer ", "Basic YTpi", "Negotiate x",
            ] {
                let response = try await server.send(.GET, edge.path("x"), headers: [("Authorization", text)])
                #expect(response.status == 401, "\(text)")
                #expect(edge.refuses(response), "\(text): \(response.text)")
            }
        }
    }
}
