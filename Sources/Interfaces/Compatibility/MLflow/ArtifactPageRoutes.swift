// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import Registry
import Tracking

/// Files as MLflow's web page and people's scripts fetch and send them, by run, model version or logged model.
struct ArtifactPageRoutes: RouteGroup {
    /// 10 MiB.
    static let uploadLimit = 10 << 20

    let artifacts: ArtifactStore
    let runs: RunTracking
    let models: LoggedModelTracking
    let files: ArtifactFiles

    var routes: [Route] {
        let model = "/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files"
        let reads: [(String, RouteAccess, Route.Handler)] = [
            ("/get-artifact", .permission(.trackingRead), ofRun),
            ("/model-versions/get-artifact", .permission(.registryRead), ofVersion),
            (model, .permission(.trackingRead), ofModel),
        ]
        return reads.flatMap { path, access, handler in
            [HTTPRequest.Method.get, .head].map { Route($0, path, access, problems: .mlflow, handler: handler) }
        } + [
            Route(
                .post, "/ajax-api/2.0/mlflow/upload-artifact", .permission(.trackingWrite), problems: .mlflow,
                bodyLimit: Self.uploadLimit, handler: upload)
        ]
    }

    private func ofRun(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = MLflowFields(query: request.uri.query ?? "")
        let run = try await runs.get(try fields.run(), by: context.caller)
        let path = try run.location.path(of: try ArtifactPath(try fields.required("path")))
        return try await ArtifactAnswer.response(
            to: request, with: try await files.file(at: path, by: context.caller), problems: .mlflow, context)
    }

    private func ofVersion(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = MLflowFields(query: request.uri.query ?? "")
        guard let number = try fields.integer("version") else { throw MLflowFields.missing("version") }
        let version = try await files.registry.version(try fields.required("name"), .number(number), by: context.caller)
        let file = try files.file(try ArtifactPath(try fields.required("path")), of: version, by: context.caller)
        return try await ArtifactAnswer.response(to: request, with: file, problems: .mlflow, context)
    }

    private func ofModel(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = MLflowFields(query: request.uri.query ?? "")
        let model = try await models.get(try context.parameter("model"), by: context.caller)
        let path = try model.location.path(of: try ArtifactPath(try fields.required("artifact_file_path")))
        return try await ArtifactAnswer.response(
            to: request, with: try await files.file(at: path, by: context.caller), problems: .mlflow, context)
    }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = MLflowFields(query: request.uri.query ?? "")
        let run = try await runs.get(try fields.run(), by: context.caller)
        let path = try files.writable(try run.location.path(of: try ArtifactPath(try fields.required("path"))))
        let bytes = request.body.map { Array($0.readableBytesView) }
        _ = try await artifacts.put(bytes, at: path, contentType: MediaType.ofFile(named: path.name ?? ""), by: context.caller)
        return Answer.data(Data("{}".utf8), type: "application/json")
    }
}
