// SPDX-License-Identifier: Apache-2.0

package import Client
import Domain
import Foundation

/// A tracking server that speaks MLflow's REST protocol, only read.
package struct MLflowServer: Sendable {
    private static let base = "/api/2.0/mlflow/"
    private let client: DhowClient

    package init(_ client: DhowClient) {
        self.client = client
    }

    /// - Parameters:
    ///   - url: `http(s)://HOST:PORT`, also with a path and with `USER:PASSWORD@`.
    ///   - environment: The stock client's variables name a token, or a user and a password.
    package init(url: String, environment: [String: String], workspace: String) throws {
        guard var components = URLComponents(string: url), components.host != nil else {
            throw Problem(
                .invalid, "import.source.unknown", "'\(url.printable)' is no address of a server.", fix: "Use http(s)://HOST:PORT.")
        }
        let user = components.user ?? environment["MLFLOW_TRACKING_USERNAME"]
        let password = components.password ?? environment["MLFLOW_TRACKING_PASSWORD"]
        (components.user, components.password) = (nil, nil)
        var authorization = environment["MLFLOW_TRACKING_TOKEN"].map { "Bearer \($0)" }
        if let user, let password { authorization = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString() }
        var headers: [String: String] = [:]
        if workspace != "default" { headers["X-MLFLOW-WORKSPACE"] = workspace }
        client = try DhowClient(url: components.string ?? url, authorization: authorization, workspace: workspace, headers: headers)
    }

    func get(_ path: String, _ query: [String: String?] = [:]) async throws -> JSONValue {
        try await client.get(Self.base + path, query)
    }

    func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        try await client.post(Self.base + path, body)
    }

    /// Nil when there is no such thing.
    func find(_ path: String, _ query: [String: String?] = [:]) async throws -> JSONValue? {
        do {
            return try await get(path, query)
        } catch let problem as Problem where problem.kind == .notFound {
            return nil
        }
    }

    func experiments(after token: String?) async throws -> (items: [JSONValue], next: String?) {
        var body: [String: JSONValue] = ["view_type": "ALL", "max_results": 200, "order_by": ["experiment_id ASC"]]
        if let token { body["page_token"] = .string(token) }
        return try await post("experiments/search", .object(body)).page("experiments")
    }

    func runs(in experiment: String, after token: String?) async throws -> (items: [JSONValue], next: String?) {
        var body: [String: JSONValue] = [
            "experiment_ids": [.string(experiment)], "run_view_type": "ALL", "max_results": 50,
            "order_by": ["attributes.start_time ASC"],
        ]
        if let token { body["page_token"] = .string(token) }
        return try await post("runs/search", .object(body)).page("runs")
    }

    func loggedModels(in experiment: String, after token: String?) async throws -> (items: [JSONValue], next: String?) {
        var body: [String: JSONValue] = [
            "experiment_ids": [.string(experiment)], "max_results": 50,
            "order_by": [["field_name": "creation_timestamp", "ascending": true]],
        ]
        if let token { body["page_token"] = .string(token) }
        do {
            return try await post("logged-models/search", .object(body)).page("models")
        } catch let problem as Problem where problem.kind == .notFound {
            // Servers before MLflow 3 know none.
            return ([], nil)
        }
    }

    func history(of key: String, in run: String, after token: String?) async throws -> (items: [JSONValue], next: String?) {
        try await get(
            "metrics/get-history", ["run_id": run, "metric_key": key, "max_results": "5000", "page_token": token]
        ).page("metrics")
    }

    /// Prompts are models that searches tell only when asked for.
    func registeredModels(prompts: Bool, after token: String?) async throws -> (items: [JSONValue], next: String?) {
        try await get(
            "registered-models/search",
            ["max_results": "100", "filter": prompts ? Self.isPrompt : nil, "order_by": "name ASC", "page_token": token]
        ).page("registered_models")
    }

    func versions(of model: String, prompts: Bool, after token: String?) async throws -> (items: [JSONValue], next: String?) {
        let quote = model.contains("'") ? "\"" : "'"
        let filter = "name = \(quote)\(model)\(quote)" + (prompts ? " AND \(Self.isPrompt)" : "")
        return try await get("model-versions/search", ["max_results": "1000", "filter": filter, "page_token": token]).page("model_versions")
    }

    /// Whether a run or logged model is there, also a deleted run.
    func hasRun(_ id: String) async throws -> Bool { try await find("runs/get", ["run_id": id]) != nil }
    func hasLoggedModel(_ id: String) async throws -> Bool { try await find("logged-models/\(Self.segment(id))") != nil }

    /// What lies directly in a folder of a run's or logged model's artifacts.
    func artifacts(of owner: MLflowOwner, in folder: String, after token: String?) async throws -> (items: [JSONValue], next: String?) {
        switch owner {
        case .run(let id):
            try await get("artifacts/list", ["run_id": id, "path": folder.isEmpty ? nil : folder, "page_token": token]).page("files")
        case .loggedModel(let id):
            try await get(
                "logged-models/\(Self.segment(id))/artifacts/directories",
                ["artifact_directory_path": folder.isEmpty ? nil : folder, "page_token": token]
            ).page("files")
        }
    }

    func download(_ path: String, of owner: MLflowOwner, to file: URL) async throws {
        switch owner {
        case .run(let id): _ = try await client.download("/get-artifact", ["run_uuid": id, "path": path], to: file)
        case .loggedModel(let id):
            _ = try await client.download(
                "/ajax-api/2.0/mlflow/logged-models/\(Self.segment(id))/artifacts/files", ["artifact_file_path": path], to: file)
        }
    }

    private static let isPrompt = "tags.`mlflow.prompt.is_prompt` = 'true'"

    private static func segment(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-_"))) ?? ""
    }
}

/// Whose artifacts they are.
enum MLflowOwner: Sendable {
    case run(String)
    case loggedModel(String)
}

extension JSONValue {
    fileprivate func page(_ name: String) -> (items: [JSONValue], next: String?) {
        let next = self["next_page_token"]?.text
        return (self[name]?.array ?? [], next?.isEmpty == false ? next : nil)
    }

    /// A whole number, also one given as text.
    var whole: Int64? { integer ?? text.flatMap { Int64($0) } ?? double.flatMap { Int64(exactly: $0) } }

    /// A number; nil for one that is none.
    var float: Double? { double ?? text.flatMap { Double($0) }.flatMap { $0.isNaN ? nil : $0 } }
}
