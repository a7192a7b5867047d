// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import HTTPTypes
import Hummingbird
import Serving

/// Answers a scoring request in the words that MLflow and KServe share.
struct ScoringExchange {
    let served: ServedEndpoints

    func answer(
        _ asked: ScoringRequest, from endpoint: String, version: Int? = nil, to request: Request, since arrival: ContinuousClock.Instant,
        by caller: Caller
    ) async throws -> Response {
        let signature = try await served.signature(of: endpoint, version: version, by: caller)
        let tensors = try ScoringTensors.make(asked.rows, for: signature.inputs, entity: signature.entity)
        let rows = tensors.first?.shape.first ?? 0
        var inference = InferenceRequest(inputs: tensors, time: asked.time)
        try RequestOptions.apply(request, to: &inference)
        let answer = try await served.infer(endpoint, version: version, inference, since: arrival, by: caller)
        return try EncodedBody.answer(
            ScoringAnswer.write(answer.outputs, rows: rows), type: "application/json", to: request, headers: [.dhowPrediction: answer.id])
    }
}

extension HTTPField.Name {
    /// The id that rows are labelled by, because the protocols' own answers have no place for it.
    static let dhowPrediction: HTTPField.Name = {
        guard let name = HTTPField.Name("Dhow-Prediction") else { preconditionFailure("It is a header name.") }
        return name
    }()
}
