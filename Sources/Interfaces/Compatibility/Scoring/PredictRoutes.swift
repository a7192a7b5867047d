// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
package import HTTPServer
import HTTPTypes
import Hummingbird
package import Serving

/// KServe's first protocol, which is TensorFlow Serving's: `POST /v1/models/M:predict`.
package struct PredictRoutes: RouteGroup {
    private static let bodyLimit = 32 << 20

    private let served: ServedEndpoints

    package init(served: ServedEndpoints) {
        self.served = served
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/", .open(because: "KServe's clients probe it without a token; it says only that the process answers."),
                problems: .inference
            ) { _, _ in try Answer.json(["status": "alive"]) },
            Route(.get, "/v1/models", .permission(.endpointRead), problems: .inference, handler: list),
            Route(.get, "/v1/models/{model}", .permission(.endpointRead), problems: .inference, handler: ready),
        ]
            + ["/v1/models/{model}", "/v1/models/{model}/versions/{version}"].flatMap { path in
                [
                    Route(
                        .post, path + ":predict", .permission(.inferenceInvoke), problems: .inference, bodyLimit: Self.bodyLimit,
                        handler: predict),
                    Route(.post, path + ":explain", .permission(.inferenceInvoke), problems: .inference) { _, _ in
                        throw Problem(
                            .invalid, "serving.explanation.unoffered", "Explanations are not offered.",
                            fix: "Ask for predictions: POST /v1/models/ENDPOINT:predict.")
                    },
                ]
            }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(["models": try await served.names(limit: Endpoints.maximumPage, by: context.caller)])
    }

    private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
        let signature = try await served.signature(of: try context.parameter("model"), by: context.caller)
        return try Answer.json(ModelReadiness(name: signature.endpoint, ready: true))
    }

    private func predict(_ request: Request, _ context: APIContext) async throws -> Response {
        let arrival = ContinuousClock.now
        let endpoint = try context.parameter("model")
        let asked = try ScoringRequest.json(try await EncodedBody.bytes(of: request, context), forms: ["instances", "inputs"])
        return try await ScoringExchange(served: served).answer(
            asked, from: endpoint, version: try InferenceRoutes.version(in: context), to: request, since: arrival, by: context.caller)
    }
}
