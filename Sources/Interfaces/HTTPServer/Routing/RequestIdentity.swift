// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPTypes
import Hummingbird
import Logging

/// Gives every request its id, and an answer to paths that no route has.
struct RequestIdentity: RouterMiddleware {
    let observer: RequestObserver
    let identifiers: @Sendable () -> String

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = Self.acceptable(request.headers[.requestID]) ?? identifiers()
        context.logger[metadataKey: "request"] = .string(context.requestID)
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            // As it was sent: the decoded path is empty when it is not UTF-8.
            let form = Self.form(for: request.head.path ?? "")
            response = await observer.observe(request, context, route: "(none)") {
                ProblemMapping(form: form).response(to: error, logger: context.logger)
            }
        }
        response.headers[.requestID] = context.requestID
        return response
    }

    /// A client's own id is kept when it is short and plain, so that it can stand in logs and the ledger.
    static func acceptable(_ id: String?) -> String? {
        guard let id, !id.isEmpty, id.utf8.count <= 64, (try? ResourceName.check(id, of: "request")) != nil else { return nil }
        return id
    }

    private static func form(for path: String) -> ProblemForm {
        if path.hasPrefix("/api/2.0/") || path.hasPrefix("/api/3.0/") || path.hasPrefix("/ajax-api/") { return .mlflow }
        if path.hasPrefix("/invocations") || path.hasPrefix("/endpoints/") { return .mlflow }
        if path.hasPrefix("/v2") || path.hasPrefix("/v1/models") { return .inference }
        return .details
    }
}
