// SPDX-License-Identifier: Apache-2.0

import API
import Domain
package import Governance
import Hummingbird

/// Documents of sources: what applying them would do, applying them, what has changed since; and the schemas of their kinds.
package struct DocumentRoutes: RouteGroup {
    /// 32 MiB: a thousand documents, and the names of their folders' files.
    private static let largestSet = 32 << 20
    private static let schemas = "/api/v1/schemas"

    private let declarations: Declarations

    package init(declarations: Declarations) {
        self.declarations = declarations
    }

    package var routes: [Route] {
        let all = "/api/v1/documents"
        let reason = "Editors fetch the shapes of documents without a token; they are the same in every installation of a version."
        return [
            Route(.get, all, .permission(.documentRead), handler: list),
            Route(.post, all, .permission(.documentApply), bodyLimit: Self.largestSet, handler: apply),
            Route(.post, all + "/plan", .permission(.documentApply), bodyLimit: Self.largestSet, handler: plan),
            Route(.post, all + "/delete", .permission(.documentApply), bodyLimit: Self.largestSet, handler: delete),
            Route(.get, all + "/drift", .permission(.documentRead), handler: drift),
            Route(.get, all + "/{kind}/{name}", .permission(.documentRead), handler: show),
            Route(.get, Self.schemas, .open(because: reason), handler: listSchemas),
            Route(.get, Self.schemas + "/{kind}", .open(because: reason), handler: showSchema),
        ]
    }

    private func plan(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(DocumentsRequest.self, of: request, &context)
        return try Answer.json(DocumentPlanAnswer(try await declarations.plan(try SentDocuments(body), by: context.caller)))
    }

    private func apply(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(DocumentsRequest.self, of: request, &context)
        let plan = try await declarations.apply(try SentDocuments(body), expecting: body.plan, by: context.caller)
        return try Answer.json(DocumentPlanAnswer(plan))
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(DocumentsRequest.self, of: request, &context)
        let isRehearsal = body.dryRun ?? false
        let plan =
            body.all == true
            ? try await declarations.deleteAll(of: body.source, isRehearsal: isRehearsal, by: context.caller)
            : try await declarations.delete(try SentDocuments(body), isRehearsal: isRehearsal, by: context.caller)
        return try Answer.json(DocumentPlanAnswer(plan))
    }

    /// `?source=`; all of them when absent.
    private func drift(_ request: Request, _ context: APIContext) async throws -> Response {
        let drifted = try await declarations.drift(of: try ListQuery(request).text("source"), by: context.caller)
        return try Answer.json(Page(items: drifted.map(DriftAnswer.init)))
    }

    /// `?source=`; `after` is `KIND/NAME`.
    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let after = query.after.map { text in
            let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
            return DocumentKey(kind: parts.first ?? "", name: parts.count > 1 ? parts[1] : "")
        }
        let objects = try await declarations.list(source: query.text("source"), after: after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(objects, id: { "\($0.kind)/\($0.name)" }) { DocumentAnswer($0, isWhole: false) })
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let key = DocumentKey(kind: try context.parameter("kind"), name: try context.parameter("name"))
        return try Answer.json(DocumentAnswer(try await declarations.object(key, by: context.caller), isWhole: true))
    }

    private func listSchemas(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(
            Page(
                items: declarations.kinds.all.map {
                    DocumentKindAnswer(kind: $0.name, summary: $0.summary, schema: "\(Self.schemas)/\($0.name).json")
                }))
    }

    /// With or without `.json`; `all.json` is for documents of any kind.
    private func showSchema(_ request: Request, _ context: APIContext) async throws -> Response {
        var name = try context.parameter("kind")
        if name.hasSuffix(".json") { name.removeLast(5) }
        let schema = name == "all" ? declarations.kinds.schema : try declarations.kinds.require(name).schema
        var response = try Answer.json(schema)
        response.headers[.contentType] = "application/schema+json"
        return response
    }
}
