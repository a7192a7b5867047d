// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
package import Serving

/// Predictions of a time: exported with their labels, and brought back from the archive.
package struct PredictionRoutes: RouteGroup {
    private let archive: PredictionArchive

    package init(archive: PredictionArchive) {
        self.archive = archive
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/endpoints/{endpoint}/predictions", .permission(.endpointRead), handler: export),
            Route(.post, "/api/v1/endpoints/{endpoint}/predictions/restore", .permission(.endpointWrite), handler: restore),
        ]
    }

    /// One prediction a line, read as they are sent.
    private func export(_ request: Request, _ context: APIContext) async throws -> Response {
        let endpoint = try context.parameter("endpoint")
        let query = request.uri.queryParameters
        let (start, end) = try Self.window(query["start"].flatMap { Int64($0) }, query["end"].flatMap { Int64($0) })
        let (caller, logger, archive) = (context.caller, context.logger, archive)
        let body = ResponseBody { writer in
            do {
                try await archive.forEach(of: endpoint, from: start, to: end, by: caller) { rows in
                    var lines = ByteBuffer()
                    for (prediction, label) in rows { lines.writeString(prediction.line(label: label).jsonText + "\n") }
                    try await writer.write(lines)
                }
            } catch let problem as Problem {
                logger.error("an answer broke off", metadata: ["code": .string(problem.code), "error": .string(problem.description)])
                throw problem
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson", .xContentTypeOptions: "nosniff"], body: body)
    }

    private func restore(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let endpoint = try context.parameter("endpoint")
        let body = try await RequestBody.json(RestorePredictionsRequest.self, of: request, &context)
        let (start, end) = try Self.window(body.start, body.end)
        return try Answer.json(
            RestorePredictionsAnswer(restored: try await archive.restore(endpoint, from: start, to: end, by: context.caller)))
    }

    private static func window(_ start: Int64?, _ end: Int64?) throws(Problem) -> (Timestamp, Timestamp) {
        guard let start, let end, start < end else {
            throw Problem(
                .invalid, "serving.window.missing", "'start' and 'end' are times in milliseconds since 1970, and 'start' is the earlier.",
                fix: "Give both; 'end' itself is left out.")
        }
        return (Timestamp(milliseconds: start), Timestamp(milliseconds: end))
    }
}
