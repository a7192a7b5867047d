// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
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

    private let inference: InferenceService
    private let readiness: Readiness
    private let version: String

    package init(inference: InferenceService, readiness: Readiness, version: String) {
        self.inference = inference
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
        try Answer.json(ServerMetadata(name: "dhow", version: version, extensions: ["binary_tensor_data"]))
    }

    /// Both keys, because clients differ in which one they read.
    private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
        let isReady = readiness.isReady
        return try Answer.json(["live": true, "ready": isReady], status: isReady ? .ok : .serviceUnavailable)
    }

    private func metadata(_ request: Request, _ context: APIContext) async throws -> Response {
        let signature = try await inference.signature(
            of: try context.parameter("model"), version: try Self.version(in: context), by: context.caller)
        return try Answer.json(ModelMetadata(signature))
    }

    private func modelReady(_ request: Request, _ context: APIContext) async throws -> Response {
        let signature = try await inference.signature(
            of: try context.parameter("model"), version: try Self.version(in: context), by: context.caller)
        return try Answer.json(ModelReadiness(name: signature.endpoint, ready: true))
    }

    private func infer(_ request: Request, _ context: APIContext) async throws -> Response {
        let endpoint = try context.parameter("model")
        let headLength = try Self.headLength(of: request)
        let buffer = try await HTTPServer.RequestBody.bytes(of: request, context)
        var body = try InferenceBodyReader.read(Array(buffer: buffer), headLength: headLength)
        try RequestOptions.apply(request, to: &body.request)
        let answer = try await inference.infer(endpoint, version: try Self.version(in: context), body.request, by: context.caller)
        return Self.response(InferenceAnswerWriter.write(answer, to: body))
    }

    private static func response(_ written: (bytes: [UInt8], headLength: Int?)) -> Response {
        var response = Response(
            status: .ok, headers: [.contentType: "application/json", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: written.bytes)))
        if let headLength = written.headLength {
            response.headers[.contentType] = "application/octet-stream"
            response.headers[.inferenceHeaderContentLength] = String(headLength)
        }
        return response
    }

    private static func headLength(of request: Request) throws(Problem) -> Int? {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(
                .invalid, "inference.body.encoding", "A body with Content-Encoding '\(encoding.printable)' is not taken.",
                fix: "Send it as it is, without compression.")
        }
        return try headLength(request.headers[.inferenceHeaderContentLength])
    }

    static func headLength(_ text: String?) throws(Problem) -> Int? {
        guard let text else { return nil }
        guard let length = Int(text), length > 0 else {
            throw Problem(
                .invalid, "inference.body.head-length", "Inference-Header-Content-Length is '\(text.printable)'.",
                why: "It is the number of bytes of the JSON part, from 1; requests of raw bytes alone are not taken.")
        }
        return length
    }

    private static func version(in context: APIContext) throws -> Int? {
        guard context.parameters.get("version") != nil else { return nil }
        let text = try context.parameter("version")
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

private struct ModelReadiness: Encodable {
    var name: String
    var ready: Bool
}

private struct ModelMetadata: Encodable {
    var name: String
    var versions: [String]
    var platform = "onnx_onnxv1"
    var inputs: [TensorSpecification]
    var outputs: [TensorSpecification]

    init(_ signature: EndpointSignature) {
        name = signature.endpoint
        versions = signature.versions.map(String.init)
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
