// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Rows to answer, as tensors whose first dimension is the row.
package struct InferenceRequest: Sendable {
    package var id: String?
    package var inputs: [Tensor]
    package var outputs: [String]?
    /// The moment the rows are about; now when nil.
    package var time: Timestamp?

    package init(id: String? = nil, inputs: [Tensor], outputs: [String]? = nil, time: Timestamp? = nil) {
        self.id = id
        self.inputs = inputs
        self.outputs = outputs
        self.time = time
    }
}

package struct InferenceAnswer: Sendable {
    /// Rows are known as `<id>.<row>`, counting from 0.
    package var id: String
    package var model: String
    /// The version that answered, or the several that did while a rollout runs, ascending.
    package var versions: [Int]
    package var outputs: [Tensor]

    package init(id: String, model: String, versions: [Int], outputs: [Tensor]) {
        self.id = id
        self.model = model
        self.versions = versions
        self.outputs = outputs
    }
}
