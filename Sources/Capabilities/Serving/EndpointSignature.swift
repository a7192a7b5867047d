// SPDX-License-Identifier: Apache-2.0

package import Backends

/// What an endpoint takes and answers.
package struct EndpointSignature: Sendable {
    package var endpoint: String
    /// The model versions in the endpoint's split, ascending.
    package var versions: [Int]
    package var inputs: [TensorSpecification]
    package var outputs: [TensorSpecification]
    /// What the protocols call the kind of model, such as `onnx_onnxv1`.
    package var platform: String
    /// The input that holds entity keys, where inputs that are not sent are looked up.
    package var entity: String?
}
