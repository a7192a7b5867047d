// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
import NIOCore
package import Provenance
import Registry

/// What is told to others about where things came from: signed statements and OpenLineage events.
package struct ProvenanceRoutes: RouteGroup {
    private let attestations: Attestations
    private let lineage: LineageExport

    package init(attestations: Attestations, lineage: LineageExport) {
        self.attestations = attestations
        self.lineage = lineage
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/models/{model}/versions/{version}/provenance", .permission(.registryRead), handler: provenance),
            Route(.get, "/api/v1/provenance/key", .permission(.registryRead)) { _, _ in
                Answer.text(attestations.publicKey, type: "application/x-pem-file")
            },
            Route(.get, "/api/v1/executions/{execution}/lineage", .permission(.pipelineRead), handler: events),
        ]
    }

    private func provenance(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = VersionReference(parsing: try context.parameter("version"))
        return try Answer.json(
            try await attestations.provenance(of: try context.parameter("model"), reference, by: context.caller))
    }

    /// One event a line, made as they are sent.
    private func events(_ request: Request, _ context: APIContext) async throws -> Response {
        let lineage = try await lineage.lineage(of: try context.parameter("execution"), by: context.caller)
        let body = ResponseBody { writer in
            for index in 0..<lineage.count { try await writer.write(ByteBuffer(string: lineage[index].jsonText + "\n")) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson", .xContentTypeOptions: "nosniff"], body: body)
    }
}
