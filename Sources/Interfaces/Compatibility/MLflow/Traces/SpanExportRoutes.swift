// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat
import OpenTelemetry
import Tracking

/// `POST /v1/traces`: spans by OpenTelemetry's protocol, from MLflow's client and any other exporter. All of a body is taken, or nothing.
struct SpanExportRoutes: RouteGroup {
    /// 16 MiB as sent, 64 MiB expanded.
    static let bodyLimit = 16 << 20
    static let expandedLimit = 64 << 20

    let traces: TraceTracking

    var routes: [Route] {
        [
            Route(.post, "/v1/traces", .permission(.trackingWrite), problems: .mlflow, bodyLimit: Self.bodyLimit) { request, context in
                try await take(request, context)
            }
        ]
    }

    private func take(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = try Self.form(of: request)
        guard let experiment = request.headers[.mlflowExperiment], !experiment.isEmpty else {
            throw Problem(
                .invalid, "mlflow.parameter.missing", "Missing value for required header 'x-mlflow-experiment-id'.",
                why: "It names the experiment that the traces belong to.",
                fix: "Set it, for example in OTEL_EXPORTER_OTLP_HEADERS=x-mlflow-experiment-id=0.")
        }
        let id = try MLflowFields.experiment(experiment)
        var body = Data(buffer: try await HTTPServer.RequestBody.bytes(of: request, context))
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "", "identity": break
        case "gzip": body = Data(try GzipBody.expanded(Array(body), limit: Self.expandedLimit))
        case .some(let encoding):
            throw Problem(
                .invalid, "otlp.encoding.unsupported", "Unsupported Content-Encoding: \(encoding.printable).", fix: "Use gzip, or none.")
        }
        let received = try SpanReader.spans(in: body, as: form)
        try await traces.record(
            ReceivedTraces.batches(received), in: id, run: request.headers[.mlflowRun].flatMap { $0.isEmpty ? nil : $0 },
            by: context.caller)
        // The protocol's answer for "all taken" is a message without fields.
        switch form {
        case .protobuf: return Answer.data(Data(), type: "application/x-protobuf")
        case .json: return Answer.data(Data("{}".utf8), type: "application/json")
        }
    }

    private static func form(of request: Request) throws(Problem) -> SpanReader.Form {
        let type = request.headers[.contentType] ?? ""
        switch type.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased() {
        case "application/x-protobuf": return .protobuf
        case "application/json": return .json
        default:
            throw Problem(
                .invalid, "otlp.content-type.unsupported", "Invalid Content-Type: \(type.printable).",
                fix: "Send application/x-protobuf or application/json.")
        }
    }
}

extension HTTPField.Name {
    fileprivate static let mlflowExperiment = literal("x-mlflow-experiment-id")
    fileprivate static let mlflowRun = literal("x-mlflow-run-id")

    private static func literal(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("'\(name)' is a header name.") }
        return field
    }
}
