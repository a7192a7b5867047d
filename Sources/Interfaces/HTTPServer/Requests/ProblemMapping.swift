// SPDX-License-Identifier: Apache-2.0

import API
package import Domain
import Foundation
package import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore

/// Problems and foreign errors as responses.
package struct ProblemMapping: Sendable {
    package var form: ProblemForm

    package init(form: ProblemForm) {
        self.form = form
    }

    package func response(to error: any Error, logger: Logger) -> Response {
        let problem = problem(from: error, logger: logger)
        return response(to: problem, status: Self.status(of: problem.kind))
    }

    func response(to problem: Problem, status: HTTPResponse.Status) -> Response {
        let plain = plain(problem, status: status)
        return Response(status: plain.status, headers: plain.headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: plain.body)))
    }

    /// The same, for what is written without a `Response`.
    func plain(_ error: any Error, logger: Logger) -> (status: HTTPResponse.Status, headers: HTTPFields, body: Data) {
        let problem = problem(from: error, logger: logger)
        return plain(problem, status: Self.status(of: problem.kind))
    }

    private func plain(_ problem: Problem, status: HTTPResponse.Status) -> (status: HTTPResponse.Status, headers: HTTPFields, body: Data) {
        let (shown, body) = body(of: problem, status: status)
        var headers: HTTPFields = [
            .contentType: form == .details ? "application/problem+json" : "application/json", .xContentTypeOptions: "nosniff",
        ]
        switch problem.kind {
        case .unauthenticated: headers[.wwwAuthenticate] = "Basic realm=\"dhow\", Bearer"
        case .exhausted, .unavailable: headers[.retryAfter] = "1"
        default: break
        }
        return (shown, headers, body)
    }

    package static func status(of kind: Problem.Kind) -> HTTPResponse.Status {
        switch kind {
        case .invalid: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .rejected: .unprocessableContent
        case .exhausted: .tooManyRequests
        case .unavailable: .serviceUnavailable
        case .internal: .internalServerError
        case .tooLarge: .contentTooLarge
        case .storageFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    private func problem(from error: any Error, logger: Logger) -> Problem {
        switch error {
        case let problem as Problem:
            if problem.kind == .internal { logger.error("\(problem.what)", metadata: ["code": .string(problem.code)]) }
            return problem
        case let error as HTTPError where error.status == .notFound:
            return Problem(.notFound, "request.path.unknown", "There is nothing at this path.", fix: "See docs/api.md for what there is.")
        case let error as HTTPError:
            return Problem(error.status.code < 500 ? .invalid : .internal, "request.refused", error.body ?? "The request was refused.")
        case is CancellationError:
            return Problem(
                .unavailable, "server.stopping", "The server is stopping.", fix: "Repeat the request with the same Idempotency-Key.")
        default:
            logger.error("request failed", metadata: ["error": .string(String(reflecting: error))])
            return Problem(.internal, "server.fault", "The server failed.", fix: "The log has the details under this request's id.")
        }
    }

    private func body(of problem: Problem, status: HTTPResponse.Status) -> (HTTPResponse.Status, Data) {
        switch form {
        case .details:
            let details = ProblemAnswer(
                type: "urn:dhow:problem:\(problem.code)", title: problem.what, status: status.code, detail: problem.why, code: problem.code,
                fix: problem.fix, errors: problem.faults)
            return (status, (try? JSONEncoder().encode(details)) ?? Data())
        case .mlflow:
            let object = ["error_code": Self.mlflowCode(of: problem), "message": problem.description]
            let isExisting = problem.kind == .conflict && problem.code.hasSuffix(".exists")
            return (isExisting ? .badRequest : status, (try? JSONEncoder().encode(object)) ?? Data())
        case .inference:
            return (status, (try? JSONEncoder().encode(["error": problem.description])) ?? Data())
        }
    }

    /// MLflow's word for a kind; `….exists` codes are its RESOURCE_ALREADY_EXISTS, which it answers with 400.
    private static func mlflowCode(of problem: Problem) -> String {
        switch problem.kind {
        case .invalid, .tooLarge: "INVALID_PARAMETER_VALUE"
        case .unauthenticated: "UNAUTHENTICATED"
        case .forbidden: "PERMISSION_DENIED"
        case .notFound: problem.code == "request.path.unknown" ? "ENDPOINT_NOT_FOUND" : "RESOURCE_DOES_NOT_EXIST"
        case .conflict: problem.code.hasSuffix(".exists") ? "RESOURCE_ALREADY_EXISTS" : "RESOURCE_CONFLICT"
        case .rejected: "INVALID_STATE"
        case .exhausted: "REQUEST_LIMIT_EXCEEDED"
        case .unavailable, .storageFull: "TEMPORARILY_UNAVAILABLE"
        case .internal: "INTERNAL_ERROR"
        }
    }
}
