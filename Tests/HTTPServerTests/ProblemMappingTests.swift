// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPServer
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Testing

@Suite struct ProblemMappingTests {
    private struct Expectation {
        var status: Int
        /// From MLflow's `error_code` values (mlflow/protos/databricks.proto).
        var mlflow: String
    }

    /// Statuses from RFC 9110 and, for 507, RFC 4918.
    private static func expected(_ kind: Problem.Kind) -> Expectation {
        switch kind {
        case .invalid: Expectation(status: 400, mlflow: "INVALID_PARAMETER_VALUE")
        case .unauthenticated: Expectation(status: 401, mlflow: "UNAUTHENTICATED")
        case .forbidden: Expectation(status: 403, mlflow: "PERMISSION_DENIED")
        case .notFound: Expectation(status: 404, mlflow: "RESOURCE_DOES_NOT_EXIST")
        case .conflict: Expectation(status: 409, mlflow: "RESOURCE_CONFLICT")
        case .rejected: Expectation(status: 422, mlflow: "INVALID_STATE")
        case .exhausted: Expectation(status: 429, mlflow: "REQUEST_LIMIT_EXCEEDED")
        case .unavailable: Expectation(status: 503, mlflow: "TEMPORARILY_UNAVAILABLE")
        case .internal: Expectation(status: 500, mlflow: "INTERNAL_ERROR")
        case .tooLarge: Expectation(status: 413, mlflow: "INVALID_PARAMETER_VALUE")
        case .storageFull: Expectation(status: 507, mlflow: "TEMPORARILY_UNAVAILABLE")
        }
    }

    /// The response as it goes over the wire.
    private func sent(_ error: any Error & Sendable, _ form: ProblemForm) async throws -> (TestResponse, [String: JSONValue]) {
        let router = Router()
        router.get("/") { _, context in ProblemMapping(form: form).response(to: error, logger: context.logger) }
        return try await Application(router: router).test(.router) { client in
            let response = try await client.executeRequest(uri: "/", method: .get, headers: [:], body: nil)
            return (response, try JSONDecoder().decode([String: JSONValue].self, from: Data(response.body.readableBytesView)))
        }
    }

    @Test("gives each kind its status in every form", arguments: Problem.Kind.allCases)
    func kinds(kind: Problem.Kind) async throws {
        let problem = Problem(kind, "test.case.reason", "It is so.", why: "Because.", fix: "Do this.")
        let expected = Self.expected(kind)

        let (details, members) = try await sent(problem, .details)
        #expect(details.status.code == expected.status)
        #expect(details.headers[.contentType] == "application/problem+json")
        #expect(members["status"]?.integer == Int64(expected.status))
        #expect(members["title"]?.text == "It is so.")
        #expect(members["detail"]?.text == "Because.")
        #expect(members["code"]?.text == "test.case.reason")
        #expect(members["fix"]?.text == "Do this.")
        #expect(members["type"]?.text == "urn:dhow:problem:test.case.reason")

        let (mlflow, words) = try await sent(problem, .mlflow)
        #expect(mlflow.status.code == expected.status)
        #expect(words["error_code"]?.text == expected.mlflow)
        #expect(words["message"]?.text == "It is so. Because. Do this.")

        let (inference, said) = try await sent(problem, .inference)
        #expect(inference.status.code == expected.status)
        #expect(said == ["error": "It is so. Because. Do this."])

        for response in [details, mlflow, inference] {
            #expect((response.headers[.wwwAuthenticate] != nil) == (kind == .unauthenticated))
            #expect((response.headers[.retryAfter] != nil) == (kind == .exhausted || kind == .unavailable))
            #expect(response.headers[.xContentTypeOptions] == "nosniff")
        }
    }

    @Test("answers what exists already as MLflow's server does, with 400")
    func exists() async throws {
        let (response, words) = try await sent(Problem(.conflict, "registry.model.exists", "It is there."), .mlflow)
        #expect(response.status == .badRequest)
        #expect(words["error_code"]?.text == "RESOURCE_ALREADY_EXISTS")
        let (native, _) = try await sent(Problem(.conflict, "registry.model.exists", "It is there."), .details)
        #expect(native.status == .conflict)
    }

    private struct Foreign: Error, CustomStringConvertible {
        var description: String { "password=hunter2 SELECT secret" }
    }

    @Test("tells nothing of foreign errors", arguments: [ProblemForm.details, .mlflow, .inference])
    func foreign(form: ProblemForm) async throws {
        let (response, members) = try await sent(Foreign(), form)
        #expect(response.status == .internalServerError)
        #expect(!"\(members)".contains("hunter2"))
    }

    @Test("asks to try again when the server stops under a request")
    func stopping() async throws {
        let (response, members) = try await sent(CancellationError(), .details)
        #expect(response.status == .serviceUnavailable)
        #expect(members["code"]?.text == "server.stopping")
    }
}
