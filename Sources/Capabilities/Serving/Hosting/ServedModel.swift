// SPDX-License-Identifier: Apache-2.0

package import Backends

/// A version's model, wherever it answers from, and which of its outputs is the score.
package struct ServedModel: Sendable {
    /// The model, when it lies in this process and answers on the caller's own thread without waiting.
    package let immediate: (any LoadedModel)?
    /// What the protocols call the kind of model, such as `onnx_onnxv1`.
    package let platform: String
    package let inputs: [TensorSpecification]
    package let outputs: [TensorSpecification]
    /// The output whose last column is logged as a row's score: one named `probability` or `probabilities`, else the last floating one;
    /// nil when the model has no floating output.
    package let scoreOutput: String?
    private let hosted: (any HostedModel)?

    package init(_ model: any LoadedModel, platform: String = ModelFormat.onnx.platform) {
        immediate = model
        hosted = nil
        self.platform = platform
        inputs = model.inputs
        outputs = model.outputs
        scoreOutput = Self.scoreOutput(of: model.outputs)
    }

    package init(_ model: any HostedModel, platform: String) {
        immediate = nil
        hosted = model
        self.platform = platform
        inputs = model.inputs
        outputs = model.outputs
        scoreOutput = Self.scoreOutput(of: model.outputs)
    }

    /// As the model's own `infer`; an immediate one answers without a suspension.
    package func infer(_ inputs: [Tensor], outputs: [String]?) async throws -> [Tensor] {
        if let immediate { return try immediate.infer(inputs, outputs: outputs) }
        guard let hosted else { preconditionFailure("A model is in this process or elsewhere.") }
        return try await hosted.infer(inputs, outputs: outputs)
    }

    /// Says that the model is not asked any more, so that what was started for it can stop.
    package func retire() { hosted?.retire() }

    static func scoreOutput(of outputs: [TensorSpecification]) -> String? {
        let floating = outputs.filter { $0.datatype.isFloating }
        return (floating.first { $0.name == "probability" || $0.name == "probabilities" } ?? floating.last)?.name
    }
}
