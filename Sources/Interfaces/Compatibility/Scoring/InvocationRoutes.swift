// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
package import HTTPServer
import HTTPTypes
import Hummingbird
package import Serving

/// MLflow's scoring protocol, whose paths are also those of SageMaker's containers.
///
/// They name no model: `/invocations` is the endpoint of the header `Dhow-Endpoint`, else the one set, else the only one there is;
/// `/endpoints/{endpoint}/invocations` is the one in the path.
package struct InvocationRoutes: RouteGroup {
    private static let bodyLimit = 32 << 20

    private let served: ServedEndpoints
    private let readiness: Readiness
    private let usual: String?
    private let isAlone: Bool

    /// - Parameters:
    ///   - usual: The endpoint that requests mean when they name none.
    ///   - isAlone: Whether the tracking protocol, which has `/health` and `/version` too, is not answered beside.
    package init(served: ServedEndpoints, readiness: Readiness, usual: String?, isAlone: Bool) {
        self.served = served
        self.readiness = readiness
        self.usual = usual
        self.isAlone = isAlone
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/ping", .open(because: "Supervisors probe without a token; it says only whether to send requests."),
                problems: .mlflow, handler: ping),
            Route(
                .post, "/invocations", .permission(.inferenceInvoke), problems: .mlflow, bodyLimit: Self.bodyLimit
            ) { request, context in try await invoke(try await endpoint(of: request, context), request, context) },
            Route(
                .post, "/endpoints/{endpoint}/invocations", .permission(.inferenceInvoke), problems: .mlflow, bodyLimit: Self.bodyLimit
            ) { request, context in try await invoke(try context.parameter("endpoint"), request, context) },
            Route(.get, "/endpoints/{endpoint}/ping", .permission(.endpointRead), problems: .mlflow, handler: endpointReady),
            Route(.get, "/endpoints/{endpoint}/health", .permission(.endpointRead), problems: .mlflow, handler: endpointReady),
            Route(.get, "/endpoints/{endpoint}/version", .permission(.endpointRead), problems: .mlflow) { _, _ in
                Answer.text(MLflowServerRoutes.version)
            },
        ] + (isAlone ? MLflowServerRoutes().routes.filter { ["/health", "/version"].contains($0.path) } : [])
    }

    private func ping(_ request: Request, _ context: APIContext) async throws -> Response {
        guard readiness.isReady else {
            throw Problem(
                .unavailable, "server.draining", "The server is starting or stopping.", fix: "Send requests to another replica or wait.")
        }
        return Answer.text("\n", type: "application/json")
    }

    private func endpointReady(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await served.signature(of: try context.parameter("endpoint"), by: context.caller)
        return Answer.text("\n", type: "application/json")
    }

    private func invoke(_ endpoint: String, _ request: Request, _ context: APIContext) async throws -> Response {
        let arrival = ContinuousClock.now
        guard let form = Self.form(of: request) else { return try Self.unsupported(request) }
        let bytes = try await EncodedBody.bytes(of: request, context)
        let asked =
            switch form {
            case .json: try ScoringRequest.json(bytes)
            case .csv: try ScoringRequest.csv(bytes)
            }
        return try await ScoringExchange(served: served).answer(asked, from: endpoint, to: request, since: arrival, by: context.caller)
    }

    private func endpoint(of request: Request, _ context: APIContext) async throws -> String {
        if let name = request.headers[.dhowEndpoint] ?? usual { return name }
        let names = try await served.names(limit: 10, by: context.caller)
        guard names.count == 1, let name = names.first else {
            throw Problem(
                names.isEmpty ? .notFound : .invalid, "serving.endpoint.unnamed", "Which endpoint is meant is not clear.",
                why: names.isEmpty
                    ? "Nothing has been released in workspace '\(context.caller.workspace.printable)'."
                    : "There are several: \(names.map { "'\($0)'" }.joined(separator: ", ")).",
                fix: "Send to /endpoints/ENDPOINT/invocations, send the header Dhow-Endpoint, or start the server with "
                    + "--invocations-endpoint.")
        }
        return name
    }

    private enum Form { case json, csv }

    /// Nil for a type that is not taken; parameters other than the character set change what a type means.
    private static func form(of request: Request) -> Form? {
        let parts = (request.headers[.contentType] ?? "").lowercased().split(separator: ";").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard let type = parts.first, parts.dropFirst().allSatisfy({ $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" }) else {
            return nil
        }
        switch type {
        case "application/json": return .json
        case "text/csv": return .csv
        default: return nil
        }
    }

    private static func unsupported(_ request: Request) throws -> Response {
        let type = request.headers[.contentType].map { "'\($0.printable)'" } ?? "none"
        return try Answer.json(
            [
                "error_code": "INVALID_PARAMETER_VALUE",
                "message": "The Content-Type \(type) is not taken. Send application/json or text/csv, in UTF-8.",
            ], status: .unsupportedMediaType)
    }
}

extension HTTPField.Name {
    fileprivate static let dhowEndpoint: HTTPField.Name = {
        guard let name = HTTPField.Name("Dhow-Endpoint") else { preconditionFailure("It is a header name.") }
        return name
    }()
}
