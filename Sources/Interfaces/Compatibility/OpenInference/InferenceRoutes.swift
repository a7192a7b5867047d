// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
import Foundation
import Governance
package import HTTPServer
import HTTPTypes
import Hummingbird
import NIOCore
package import Serving

/// The Open Inference Protocol (version 2, REST): health, metadata and inference. Its models are our endpoints.
package struct InferenceRoutes: RouteGroup {
    /// Largest request body: 10,000 rows of a few dozen columns as JSON.
    private static let bodyLimit = 32 << 20

    private let served: ServedEndpoints
    private let readiness: Readiness
    private let version: String

    /// Of the protocol, beside its core.
    package static let extensions = ["binary_tensor_data", "model_configuration", "model_repository", "statistics"]

    package init(served: ServedEndpoints, readiness: Readiness, version: String) {
        self.served = served
        self.readiness = readiness
        self.version = version
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/v2", .open(because: "Clients ask which protocol is spoken; it tells no state."), problems: .inference,
                handler: server),
            Route(
                .get, "/v2/health/live", .open(because: "Supervisors probe without a token; it says only that the process answers."),
                problems: .inference
            ) { _, _ in try Answer.json(["live": true]) },
            Route(
                .get, "/v2/health/ready", .open(because: "Load balancers probe without a token; it says only whether to send requests."),
                problems: .inference, handler: ready),
        ]
            + ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap { path in
                [
                    Route(.get, path, .permission(.endpointRead), problems: .inference, handler: metadata),
                    Route(.get, path + "/ready", .permission(.endpointRead), problems: .inference, handler: modelReady),
                    Route(
                        .post, path + "/infer", .permission(.inferenceInvoke), problems: .inference, bodyLimit: Self.bodyLimit,
                        handler: infer),
                ]
            }
    }

    private func server(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ServerMetadata(name: "dhow", version: version, extensions: Self.extensions))
    }

    /// Both keys, because clients differ in which one they read.
    private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
        let isReady = readiness.isReady
        return try Answer.json(["live": true, "ready": isReady], status: isReady ? .ok : .serviceUnavailable)
    }

    private func metadata(_ request: Request, _ context: APIContext) async throws -> Response {
        let signature = try await served.signature(
            of: try context.parameter("model"), version: try Self.version(in: context), by: context.caller)
        return try Answer.json(ModelMetadata(signature))
    }

    private func modelReady(_ request: Request, _ context: APIContext) async throws -> Response {
        let signature = try await served.signature(
            of: try context.parameter("model"), version: try Self.version(in: context), by: context.caller)
        return try Answer.json(ModelReadiness(name: signature.endpoint, ready: true))
    }

    private func infer(_ request: Request, _ context: APIContext) async throws -> Response {
        let endpoint = try context.parameter("model")
        let arrival = ContinuousClock.now
        let version = try Self.version(in: context)
        let headLength = try Self.headLength(of: request)
        let bytes = try await EncodedBody.bytes(of: request, context)
        var body: InferenceBody
        if headLength == 0 {
            let inputs = try await served.signature(of: endpoint, version: version, by: context.caller).inputs
            body = try RawRequest.body(bytes, for: inputs)
        } else {
            body = try InferenceBodyReader.read(bytes, headLength: headLength)
        }
        try RequestOptions.apply(request, to: &body.request)
        let answer = try await served.infer(endpoint, version: version, body.request, since: arrival, by: context.caller)
        return try Self.response(InferenceAnswerWriter.write(answer, to: body), to: request)
    }

    private static func response(_ written: (bytes: [UInt8], headLength: Int?), to request: Request) throws -> Response {
        guard let headLength = written.headLength else {
            return try EncodedBody.answer(written.bytes, type: "application/json", to: request)
        }
        return try EncodedBody.answer(
            written.bytes, type: "application/octet-stream", to: request, headers: [.inferenceHeaderContentLength: String(headLength)])
    }

    /// Of the JSON part when it is expanded; 0 when there is none.
    private static func headLength(of request: Request) throws(Problem) -> Int? {
        try headLength(request.headers[.inferenceHeaderContentLength])
    }

    static func headLength(_ text: String?) throws(Problem) -> Int? {
        guard let text else { return nil }
        guard let length = Int(text), length >= 0 else {
            throw Problem(
                .invalid, "inference.body.head-length", "Inference-Header-Content-Length is '\(text.printable)'.",
                why: "It is the number of bytes of the JSON part; 0 when the body is the raw bytes of the model's one input.")
        }
        return length
    }

    static func version(in context: APIContext) throws -> Int? {
        guard context.parameters.get("version") != nil else { return nil }
        return try version(try context.parameter("version"))
    }

    package static func version(_ text: String) throws(Problem) -> Int {
        guard let version = Int(text), version > 0 else {
            throw Problem(
                .notFound, "serving.version.unknown", "'\(text.printable)' is not the number of a model version.",
                fix: "Use a number such as 3, or leave the version out.")
        }
        return version
    }
}

private struct ServerMetadata: Encodable {
    var name: String
    var version: String
    var extensions: [String]
}

struct ModelReadiness: Encodable {
    var name: String
    var ready: Bool
}

private struct ModelMetadata: Encodable {
    var name: String
    var versions: [String]
    var platform: String
    var inputs: [TensorSpecification]
    var outputs: [TensorSpecification]

    init(_ signature: EndpointSignature) {
        name = signature.endpoint
        versions = signature.versions.map(String.init)
        platform = signature.platform
        inputs = signature.inputs
        outputs = signature.outputs
    }
}

extension HTTPField.Name {
    static let inferenceHeaderContentLength: HTTPField.Name = {
        guard let name = HTTPField.Name("Inference-Header-Content-Length") else { preconditionFailure("It is a header name.") }
        return name
    }()
}
