// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import NIOCore
import Tracking

/// Signed links of our own, where stores of others have presigned ones: asked for with a token, used without.
struct ArtifactLinkRoutes: RouteGroup {
    static let usualLifetime: Int64 = 900
    /// A week.
    static let longestLifetime: Int64 = 604_800
    private static let reason = "The link is signed by this server for one file and a time, in the name of the caller who asked for it."

    let artifacts: ArtifactStore
    let uploads: ArtifactUploads
    let runs: RunTracking
    let models: LoggedModelTracking
    let files: ArtifactFiles
    let addresses: LinkAddresses

    var routes: [Route] {
        let asking = ["/api/", "/ajax-api/"].flatMap { prefix in
            [
                Route(
                    .get, prefix + "2.0/mlflow-artifacts/presigned/**", .permission(.trackingRead), problems: .mlflow,
                    handler: presigned),
                Route(
                    .post, prefix + "2.0/mlflow/artifacts/presigned-download-url", .permission(.trackingRead), problems: .mlflow,
                    handler: downloadURL),
                Route(
                    .post, prefix + "2.0/mlflow/artifacts/presigned-upload-url", .permission(.trackingWrite), problems: .mlflow,
                    handler: uploadURL),
            ]
        }
        let open = RouteAccess.open(because: Self.reason)
        return asking + [
            Route(.get, "/" + LinkAddresses.download, open, problems: .mlflow, handler: download),
            Route(.head, "/" + LinkAddresses.download, open, problems: .mlflow, handler: download),
            Route(
                .put, "/" + LinkAddresses.upload, open, problems: .mlflow, bodyLimit: Int(ArtifactStore.maximumBytes), handler: upload),
            Route(
                .put, "/" + LinkAddresses.part, open, problems: .mlflow, bodyLimit: Int(ArtifactUploads.maximumPartBytes),
                handler: uploadPart),
        ]
    }

    private func presigned(_ request: Request, _ context: APIContext) async throws -> Response {
        let path = try ArtifactPath(try context.remainingPath())
        let file = try await files.file(at: path, by: context.caller)
        let url = try url(.download, LinkAddresses.download, path, Self.usualLifetime, request, context.caller)
        return answer(url, "url", size: file.size)
    }

    private func downloadURL(_ request: Request, _ context: APIContext) async throws -> Response {
        let call = try await MLflowRoute.call(request, context)
        let run = try await runs.get(try call.fields.run(), by: call.caller)
        let path = try path(below: run.location, call)
        let file = try await files.file(at: path, by: call.caller)
        let url = try url(.download, LinkAddresses.download, path, try Self.lifetime(call), request, call.caller)
        return answer(url, "presigned_url", size: file.size)
    }

    private func uploadURL(_ request: Request, _ context: APIContext) async throws -> Response {
        let call = try await MLflowRoute.call(request, context)
        let run = try call.fields.text("run_id") ?? ""
        let model = try call.fields.text("model_id") ?? ""
        guard run.isEmpty != model.isEmpty else {
            throw Problem(.invalid, "mlflow.parameter.invalid", "Exactly one of run_id and model_id must be provided.")
        }
        let location =
            run.isEmpty ? try await models.get(model, by: call.caller).location : try await runs.get(run, by: call.caller).location
        let path = try files.writable(try path(below: location, call))
        let url = try url(.upload, LinkAddresses.upload, path, try Self.lifetime(call), request, call.caller)
        return answer(url, "presigned_url", size: nil)
    }

    private func download(_ request: Request, _ context: APIContext) async throws -> Response {
        let (resource, caller) = try await open(request, .download, context)
        let file = try await files.file(at: try ArtifactPath(resource), by: caller)
        return try await ArtifactAnswer.response(to: request, with: file, problems: .mlflow, context)
    }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let (resource, caller) = try await open(request, .upload, context)
        let bytes = request.body.map { Array($0.readableBytesView) }
        let artifact = try await artifacts.put(
            bytes, at: try ArtifactPath(resource), contentType: request.headers[.contentType], by: caller)
        return Self.stored(artifact.digest)
    }

    private func uploadPart(_ request: Request, _ context: APIContext) async throws -> Response {
        let (resource, caller) = try await open(request, .uploadPart, context)
        let parts = resource.split(separator: "/")
        guard parts.count == 2, let number = Int(parts[1]) else { throw MLflowFields.invalid("link", .string(resource)) }
        let bytes = request.body.map { Array($0.readableBytesView) }
        return Self.stored(try await uploads.put(bytes, as: number, of: String(parts[0]), by: caller).digest)
    }

    private func open(
        _ request: Request, _ action: SignedLinks.Grant.Action, _ context: APIContext
    ) async throws -> (resource: String, caller: Caller) {
        let link = try MLflowFields(query: request.uri.query ?? "").required("link")
        return try await addresses.links.open(link, to: action, requestID: context.requestID)
    }

    private static func stored(_ digest: BlobDigest) -> Response {
        var response = Answer.data(Data("{}".utf8), type: "application/json")
        response.headers[.eTag] = "\"\(digest.hexadecimal)\""
        return response
    }

    private func url(
        _ action: SignedLinks.Grant.Action, _ place: String, _ path: ArtifactPath, _ seconds: Int64, _ request: Request, _ caller: Caller
    ) throws -> String {
        let link = try addresses.links.link(to: action, path.text, for: .seconds(seconds), by: caller)
        return addresses.url(try addresses.base(of: request), place, link)
    }

    private func answer(_ url: String, _ name: StaticString, size: Int64?) -> Response {
        let writer = JSONWriter.object { writer in
            writer.member(name, url)
            writer.member("headers") { _ in }
            writer.member("file_size", size)
        }
        return Answer.data(Data(writer.bytes), type: "application/json")
    }

    private func path(below location: ArtifactLocation, _ call: MLflowCall) throws -> ArtifactPath {
        try location.path(of: try ArtifactPath(try call.fields.required("path")))
    }

    private static func lifetime(_ call: MLflowCall) throws(Problem) -> Int64 {
        let seconds = try call.fields.integer("expiration") ?? usualLifetime
        guard (1...longestLifetime).contains(seconds) else {
            throw Problem(
                .invalid, "mlflow.link.expiration", "expiration must be between 1 and \(longestLifetime) seconds (got \(seconds)).")
        }
        return seconds
    }
}

extension ArtifactLocation {
    /// - Throws: `Problem` `.invalid` for a place that is not on this server.
    func path(of file: ArtifactPath) throws -> ArtifactPath {
        guard case .stored(let root) = self else {
            throw Problem(
                .invalid, "mlflow.artifacts.elsewhere", "The artifacts are kept in another store.",
                why: "This server knows their address and never opens it.", fix: "Ask that store for the file.")
        }
        return try root.appending(file)
    }
}
