// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1

/// A pipeline that registers a model of the golden vectors, judges it by a threshold, asks for approval and releases it; and the person
/// who approves.
struct DeliveryStory: Sendable {
    /// The first of the golden rows.
    private static let row = """
        [17.99, 10.38, 122.8, 1001.0, 0.1184, 0.2776, 0.3001, 0.1471, 0.2419, 0.07871, 1.095, 0.9053, 8.589, 153.4, 0.006399]
        """
    static let model = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/onnx/logistic_regression.onnx")

    let server: ServerProcess
    private let approver: String

    /// Applies the pipeline and makes the approver.
    init(on server: ServerProcess) async throws {
        let token = try await server.json(.POST, "/api/v1/tokens", #"{"principal":"amina"}"#)
        let binding = try await server.json(.POST, "/api/v1/bindings", #"{"principal":"amina","workspace":"default","role":"approver"}"#)
        guard let approver = token.member("token") as? String, binding.status == 201 else {
            throw ServerProcess.Unexpected(response: binding)
        }
        let document = """
            apiVersion: dhow/v1
            kind: Pipeline
            metadata: {name: deliver}
            spec:
              parameters: [{name: round}]
              steps:
                - name: train
                  command: [sh, -c, 'cp "\(Self.model.path)" "$DHOW_OUTPUT_MODEL"; echo "{\\"accuracy\\": 0.9}" > "$DHOW_OUTPUT_METRICS"']
                  outputs: {model: {path: model.onnx}, metrics: {path: metrics.json}}
                  environment: {ROUND: {parameter: round}}
                - {name: version, kind: register, with: {model: cells, artifact: {step: train, output: model}}}
                - name: check
                  kind: gate
                  with:
                    gate: accurate
                    model: cells
                    version: {step: version, output: version}
                    metrics: {step: train, output: metrics}
                    checks: [{name: accuracy, threshold: {metric: accuracy, comparison: above, value: 0.5}}]
                - name: person
                  kind: approval
                  with: {model: cells, version: {step: version, output: version}, endpoint: cells, report: {step: check, output: report}}
                - name: out
                  kind: release
                  with:
                    model: cells
                    version: {step: version, output: version}
                    endpoint: cells
                    report: {step: check, output: report}
                    approval: {step: person, output: approval}
                    plan: {percents: [10, 100], minimumLabelled: 100000, alpha: 0.05}
            """
        try await server.apply(document)
        self.init(server: server, approver: approver)
    }

    private init(server: ServerProcess, approver: String) {
        self.server = server
        self.approver = approver
    }

    /// The same after a restart.
    func on(_ server: ServerProcess) -> DeliveryStory { DeliveryStory(server: server, approver: approver) }

    /// Releases one more version and waits for the execution's end.
    func release(round: String = "1") async throws {
        let execution = try await start(round: round)
        try await decide(try await pendingApproval())
        try await server.succeeded(execution)
    }

    func start(round: String) async throws -> String {
        try await server.startExecution(of: "deliver", parameters: #"{"round":"\#(round)"}"#)
    }

    func pendingApproval() async throws -> String {
        try await eventually("an approval is asked for") {
            let list = try await server.send(.GET, "/api/v1/approvals?state=pending")
            return (list.member("items") as? [[String: Any]])?.first?["id"] as? String
        }
    }

    func decide(_ approval: String) async throws {
        let response = try await server.json(
            .POST, "/api/v1/approvals/\(approval)/decision", #"{"decision":"approve","comment":"It is good."}"#,
            headers: [("Authorization", "Bearer \(approver)")])
        guard response.status == 200 else { throw ServerProcess.Unexpected(response: response) }
    }

    /// One request with as many rows.
    func infer(rows: Int = 1) async throws -> ServerProcess.Response {
        let data = Array(repeating: Self.row, count: rows).joined(separator: ",")
        return try await server.json(
            .POST, "/v2/models/cells/infer",
            #"{"inputs":[{"name":"features","shape":[\#(rows),15],"datatype":"FP32","data":[\#(data)]}]}"#)
    }

    /// The id of an answered request.
    func predict(rows: Int = 1) async throws -> String {
        let response = try await infer(rows: rows)
        guard let parameters = response.member("parameters") as? [String: Any], let id = parameters["prediction_id"] as? String else {
            throw ServerProcess.Unexpected(response: response)
        }
        return id
    }

    /// Answers once the server has taken up the endpoint's first revision.
    func becomeReady() async throws {
        try await eventually("the endpoint answers", holds: { try await infer().status == 200 })
    }

    /// Shares by revision.
    func split() async throws -> [Int: Int] {
        let response = try await server.send(.GET, "/api/v1/endpoints/cells")
        guard let revisions = response.member("revisions") as? [[String: Any]] else { throw ServerProcess.Unexpected(response: response) }
        return revisions.reduce(into: [:]) { shares, revision in
            guard let number = revision["revision"] as? Int, let percent = revision["percent"] as? Int, percent > 0 else { return }
            shares[number] = percent
        }
    }
}

extension ServerProcess {
    /// Applies a pipeline document.
    func apply(_ document: String) async throws {
        let body = try JSONSerialization.data(withJSONObject: ["document": document, "sources": [String: String]()])
        let response = try await send(.POST, "/api/v1/pipelines", body: Array(body), headers: [("Content-Type", "application/json")])
        guard response.status == 201 else { throw Unexpected(response: response) }
    }

    func startExecution(of pipeline: String, parameters: String = "{}") async throws -> String {
        let response = try await json(.POST, "/api/v1/executions", #"{"pipeline":"\#(pipeline)","parameters":\#(parameters)}"#)
        guard let id = response.member("id") as? String else { throw Unexpected(response: response) }
        return id
    }

    /// The steps of an execution that has succeeded; waits for its end.
    @discardableResult
    func succeeded(_ execution: String) async throws -> Response {
        let response = try await eventually("execution \(execution) ends") {
            let response = try await send(.GET, "/api/v1/executions/\(execution)")
            let status = response.member("status") as? String
            return ["succeeded", "failed", "cancelled"].contains(status) ? response : nil
        }
        guard response.member("status") as? String == "succeeded" else { throw Unexpected(response: response) }
        return response
    }
}
