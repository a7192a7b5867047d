// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// The three forms in which the server speaks, each with a route that takes JSON and one that has a user's name in its path.
enum Edge: String, CaseIterable, Sendable, CustomStringConvertible {
    case native, mlflow, inference

    var description: String { rawValue }

    var post: String {
        switch self {
        case .native: "/api/v1/executions"
        case .mlflow: "/api/2.0/mlflow/experiments/create"
        case .inference: "/v2/models/anything/infer"
        }
    }

    /// More than this route takes.
    var bodyBeyondLimit: Int { self == .inference ? 33 << 20 : 5 << 20 }

    func path(_ segment: String) -> String {
        switch self {
        case .native: "/api/v1/models/\(segment)"
        case .mlflow: "/api/2.0/mlflow-artifacts/artifacts/\(segment)"
        case .inference: "/v2/models/\(segment)"
        }
    }

    /// Whether the answer is a refusal in this edge's own words.
    func refuses(_ response: ServerProcess.Response) -> Bool {
        guard (400..<500).contains(response.status) else { return false }
        switch self {
        case .native:
            return response.headers["Content-Type"].first == "application/problem+json" && response.member("code") as? String != nil
                && response.member("title") as? String != nil
        case .mlflow: return response.member("error_code") as? String != nil && response.member("message") as? String != nil
        case .inference: return response.member("error") as? String != nil
        }
    }
}

extension ServerProcess {
    /// `POST /api/2.0/mlflow/<call>`
    func mlflow(_ call: String, _ body: String) async throws -> Response {
        try await json(.POST, "/api/2.0/mlflow/" + call, body)
    }

    /// An experiment's id and a run's in it.
    func run(in experiment: String) async throws -> (experiment: String, run: String) {
        let made = try await mlflow("experiments/create", #"{"name":"\#(experiment)"}"#)
        guard let id = made.member("experiment_id") as? String else { throw Unexpected(response: made) }
        let run = try await mlflow("runs/create", #"{"experiment_id":"\#(id)"}"#)
        guard let info = (run.member("run") as? [String: Any])?["info"] as? [String: Any], let runID = info["run_id"] as? String else {
            throw Unexpected(response: run)
        }
        return (id, runID)
    }

    struct Unexpected: Error, CustomStringConvertible {
        var response: Response
        var description: String { "\(response.status) \(response.text)" }
    }
}
