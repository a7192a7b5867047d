// SPDX-License-Identifier: Apache-2.0

import API
package import Backends
import Crypto
import Domain
import Foundation
import Governance
import Hummingbird
import NIOCore
import NIOFoundationCompat
package import Registry
import Tracking

/// Bringing things over from elsewhere, part by part.
package struct ImportRoutes: RouteGroup {
    /// 16 MiB: 20,000 points with room for long keys and tags.
    private static let largestPart = 16 << 20

    private let imports: Imports
    private let blobs: any BlobStore

    package init(imports: Imports, blobs: any BlobStore) {
        self.imports = imports
        self.blobs = blobs
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/imports", .permission(.importRun), handler: list),
            Route(.post, "/api/v1/imports", .permission(.importRun), handler: begin),
            Route(.get, "/api/v1/imports/{import}", .permission(.importRun), handler: show),
            Route(.post, "/api/v1/imports/{import}/conflicts", .permission(.importRun), bodyLimit: Self.largestPart, handler: conflicts),
            Route(
                .post, "/api/v1/imports/{import}/parts", .permission(.importRun), bodyLimit: Self.largestPart,
                timeLimit: Route.longTimeLimit, handler: store),
            Route(.post, "/api/v1/imports/{import}/finish", .permission(.importRun), handler: finish),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let items = try await imports.list(after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(items, id: \.id) { ImportAnswer($0) })
    }

    private func begin(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(BeginImportRequest.self, of: request, &context)
        return try Answer.json(ImportAnswer(try await imports.begin(from: body.source, by: context.caller)), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ImportAnswer(try await imports.get(try context.parameter("import"), by: context.caller)))
    }

    private func conflicts(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(ImportConflictsRequest.self, of: request, &context)
        let found = try await imports.conflicts(
            of: try context.parameter("import"), experiments: body.experiments.map { (origin: $0.id, name: $0.name) }, models: body.models,
            by: context.caller)
        return try Answer.json(ImportConflictsAnswer(conflicts: found.map { ImportConflict(kind: $0.kind, name: $0.name) }))
    }

    private func store(_ request: Request, _ context: APIContext) async throws -> Response {
        let buffer = try await RequestBody.bytes(of: request, context)
        let digest = BlobDigest(sha256: SHA256.hash(data: Data(buffer.readableBytesView)))
        var caller = context.caller
        caller.idempotency?.requestDigest += " \(digest)"
        let body = try RequestBody.decode(ImportPartRequest.self, from: buffer)
        var part = Imports.Part(position: body.position, digest: digest)
        part.tracking = try ImportedTracking(body)
        for record in body.artifacts ?? [] { part.tracking.artifacts.append(try await artifact(record)) }
        part.registry = try ImportedRegistry(body)
        for version in part.registry.versions { try await requireStored(version.version.files) }
        return try Answer.json(ImportAnswer(try await imports.store(part, in: try context.parameter("import"), by: caller)))
    }

    private func finish(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ImportAnswer(try await imports.finish(try context.parameter("import"), by: context.caller)))
    }

    private func artifact(_ record: ArtifactRecord) async throws -> ImportedArtifact {
        guard let digest = BlobDigest(record.digest), let blob = try await blobs.info(digest) else { throw unknownBlob(record.digest) }
        return ImportedArtifact(
            owner: try ArtifactOwner(run: record.run, loggedModel: record.loggedModel), path: try ArtifactPath(record.path), blob: blob,
            contentType: record.contentType)
    }

    private func requireStored(_ files: [VersionFile]) async throws {
        for file in files {
            guard try await blobs.info(file.digest)?.size == file.size else { throw unknownBlob(file.digest.description) }
        }
    }

    private func unknownBlob(_ digest: String) -> Problem {
        Problem(
            .notFound, "import.blob.unknown", "There are no stored bytes '\(digest.printable)' of that size.",
            fix: "Send them first: PUT /api/v1/blobs.")
    }
}

extension ImportAnswer {
    init(_ item: Import) {
        self.init(
            id: item.id, source: item.source, state: item.state.rawValue, position: item.position, begun: item.begun.milliseconds,
            updated: item.updated.milliseconds)
    }
}
