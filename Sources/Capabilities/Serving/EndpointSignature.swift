// SPDX-License-Identifier: Apache-2.0

package import Backends

/// What an endpoint takes and answers.
package struct EndpointSignature: Sendable {
    package var endpoint: String
    /// The model versions in the endpoint's split, ascending.
    package var versions: [Int]
    package var inputs: [TensorSpecification]
    package var outputs: [TensorSpecification]
}
