// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import Tracking

/// Uploads in parts: begun, completed and aborted with a token; the parts go to signed links of this server.
struct ArtifactUploadRoutes: RouteGroup {
    let uploads: ArtifactUploads
    let addresses: LinkAddresses

    var routes: [Route] {
        ["/api/", "/ajax-api/"].flatMap { prefix in
            let base = prefix + "2.0/mlflow-artifacts/mpu/"
            return [
                Route(.post, base + "create/**", .permission(.trackingWrite), problems: .mlflow, handler: create),
                Route(
                    .post, base + "complete/**", .permission(.trackingWrite), problems: .mlflow, timeLimit: Route.longTimeLimit,
                    handler: complete),
                Route(.post, base + "abort/**", .permission(.trackingWrite), problems: .mlflow, handler: abort),
            ]
        }
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let base = try addresses.base(of: request)
        let call = try await MLflowRoute.call(request, context)
        let path = try path(call)
        let upload = try await uploads.begin(
            at: path, partCount: try call.fields.count("num_parts", default: 1), contentType: MediaType.ofFile(named: path.name ?? ""),
            by: call.caller)
        let links = try (1...upload.partCount).map { number in
            let link = try addresses.links.link(
                to: .uploadPart, "\(upload.id)/\(number)", for: ArtifactUploads.lifetime, by: call.caller)
            return (number, addresses.url(base, LinkAddresses.part, link))
        }
        let writer = JSONWriter.object { writer in
            writer.member("upload_id", upload.id)
            writer.member("credentials", objects: links) { link, writer in
                writer.member("url", link.1)
                writer.member("part_number", Int64(link.0))
                writer.member("headers") { _ in }
            }
        }
        return Answer.data(Data(writer.bytes), type: "application/json")
    }

    private func complete(_ request: Request, _ context: APIContext) async throws -> Response {
        let call = try await MLflowRoute.call(request, context)
        let claims = try call.fields.objects("parts").map { part throws(Problem) in
            guard let number = try part.integer("part_number").flatMap({ Int(exactly: $0) }) else {
                throw MLflowFields.missing("part_number")
            }
            return ArtifactUpload.PartClaim(number: number, digest: try Self.digest(in: try part.text("etag")))
        }
        try await uploads.complete(try call.fields.required("upload_id"), at: try path(call), claims, by: call.caller)
        return Answer.data(Data("{}".utf8), type: "application/json")
    }

    private func abort(_ request: Request, _ context: APIContext) async throws -> Response {
        let call = try await MLflowRoute.call(request, context)
        try await uploads.abort(try call.fields.required("upload_id"), by: call.caller)
        return Answer.data(Data("{}".utf8), type: "application/json")
    }

    /// The folder stands in the address, the name at the end of what the client calls the file on its own disk.
    private func path(_ call: MLflowCall) throws -> ArtifactPath {
        let local = try call.fields.required("path")
        let name = local.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        let path = try ArtifactPath(try call.context.remainingPath()).appending(try ArtifactPath([name]))
        guard path.segments.first != ArtifactFiles.versionsFolder else {
            throw Problem(
                .invalid, "mlflow.artifacts.immutable", "The files of model versions cannot be changed.", fix: "Register a new version.")
        }
        return path
    }

    private static func digest(in tag: String?) throws(Problem) -> BlobDigest? {
        guard let text = tag?.filter({ $0 != "\"" }), !text.isEmpty else { return nil }
        guard let digest = BlobDigest(text) else { throw MLflowFields.invalid("etag", .string(text)) }
        return digest
    }
}
