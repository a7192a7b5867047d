// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Rows to answer, as tensors whose first dimension is the row.
package struct InferenceRequest: Sendable {
    package var inputs: [Tensor]
    /// Names of the outputs wanted, in this order; all of them when nil or empty.
    package var outputs: [String]?
    /// The moment the rows are about; now when nil.
    package var time: Timestamp?
    /// Asks for one revision; a tester's word, so its rows are no evidence in a rollout.
    package var revision: Int?
    /// Keeps all rows with one revision, as rows of one entity are.
    package var entity: String?
    /// By when the answer is of use.
    package var deadline: ContinuousClock.Instant?
    /// Inputs that are logged but do not reach the model, such as keys that features were looked up by.
    package var loggedOnly: [Tensor] = []

    package init(inputs: [Tensor], outputs: [String]? = nil, time: Timestamp? = nil) {
        self.inputs = inputs
        self.outputs = outputs
        self.time = time
    }

    /// - Throws: `Problem` `.invalid` unless every input has the same number of rows, from 1 to `limit`.
    func rowCount(limit: Int) throws(Problem) -> Int {
        guard let first = inputs.first else {
            throw Problem(
                .invalid, "serving.request.empty", "The request has no inputs.", fix: "Send one tensor for each input of the model.")
        }
        let rows = first.shape.first ?? 0
        if let other = inputs.first(where: { $0.shape.first != rows }) {
            throw Problem(
                .invalid, "serving.input.rows", "The inputs have different numbers of rows.",
                why:
                    "'\(first.name.printable)' has \(rows), '\(other.name.printable)' has \(other.shape.first ?? 0); the first dimension is the row."
            )
        }
        guard rows > 0 else {
            throw Problem(
                .invalid, "serving.request.no-rows", "The request has no rows.", why: "The first dimension of its inputs is 0 or absent.")
        }
        guard rows <= limit else {
            throw Problem(
                .tooLarge, "serving.request.too-many-rows", "The request has \(rows) rows.", why: "At most \(limit) are answered at once.",
                fix: "Send several requests.")
        }
        // Rows are taken out of tensors by position, so no tensor may be shorter than it says.
        for input in inputs where !input.isComplete {
            throw Problem(
                .invalid, "serving.input.count",
                "Input '\(input.name.printable)' has \(input.values.count) elements, not what its shape needs.")
        }
        return rows
    }
}

package struct InferenceAnswer: Sendable {
    /// Rows are known as `<id>.<row>`, counting from 0.
    package var id: String
    package var endpoint: String
    /// The model version that answered, or the several that did while a rollout runs, ascending.
    package var versions: [Int]
    package var outputs: [Tensor]

    package init(id: String, endpoint: String, versions: [Int], outputs: [Tensor]) {
        self.id = id
        self.endpoint = endpoint
        self.versions = versions
        self.outputs = outputs
    }
}
