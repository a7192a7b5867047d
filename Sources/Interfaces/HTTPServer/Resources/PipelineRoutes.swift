// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Pipelines

/// Pipelines as documents.
package struct PipelineRoutes: RouteGroup {
    /// 24 MiB: a document of 8 MiB and the names of ten thousand files.
    private static let largestPipeline = 24 << 20

    private let catalogue: PipelineCatalogue

    package init(catalogue: PipelineCatalogue) {
        self.catalogue = catalogue
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/pipelines", .permission(.pipelineRead), handler: list),
            Route(.post, "/api/v1/pipelines", .permission(.pipelineApply), bodyLimit: Self.largestPipeline, handler: apply),
            Route(.get, "/api/v1/pipelines/{pipeline}", .permission(.pipelineRead), handler: show),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(Page(items: try await catalogue.list(by: context.caller).map { PipelineAnswer($0, content: nil) }))
    }

    private func apply(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(ApplyPipelineRequest.self, of: request, &context)
        var sources: [String: BlobDigest] = [:]
        for (path, text) in body.sources {
            guard let digest = BlobDigest(text) else {
                throw Problem(
                    .invalid, "pipelines.source.digest", "'\(text.printable)' is not the digest of file '\(path.printable)'.",
                    fix: "Give what PUT /api/v1/blobs answered.")
            }
            sources[path] = digest
        }
        let version = try await catalogue.apply(body.document, sources: sources, codeCommit: body.codeCommit, by: context.caller)
        return try Answer.json(PipelineAnswer(version, content: try PipelineContent(version)), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let number = try ListQuery(request).integer("version").map { Int($0) }
        let version = try await catalogue.get(try context.parameter("pipeline"), version: number, by: context.caller)
        return try Answer.json(PipelineAnswer(version, content: try PipelineContent(version)))
    }
}

extension PipelineAnswer {
    init(_ version: PipelineVersion, content: PipelineContent?) {
        self.init(
            pipeline: version.pipeline, version: version.version, digest: version.digest, codeCommit: version.codeCommit,
            author: version.author, created: version.created.milliseconds, content: content)
    }
}

extension PipelineContent {
    init(_ version: PipelineVersion) throws {
        let specification = try PipelineParser.parse(version.document)
        self.init(
            document: version.document, sources: version.sources.mapValues(\.description),
            parameters: specification.parameters.map {
                ParameterAnswer(name: $0.name, type: $0.type.rawValue, defaultValue: $0.defaultValue)
            },
            steps: try ExecutionPlan(specification).nodes.map {
                PlannedStepAnswer(name: $0.step.name, kind: $0.step.kind.rawValue, needs: $0.needs)
            })
    }
}
