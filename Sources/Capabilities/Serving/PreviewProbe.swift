// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Governance

extension InferenceService {
    /// Asks one revision of an endpoint, by values as a document has them; what it answers is no evidence in a rollout.
    ///
    /// - Parameter inputs: By name, each a list with a value, or a list of values, for each row.
    /// - Returns: The score of each row, nil where it is no number, and how long the answer took.
    /// - Throws: `Problem` `.invalid` when the inputs are not those of the revision's model; as `infer` else.
    package func probe(
        _ endpoint: String, revision: Int, version: Int, _ inputs: [String: JSONValue], by caller: Caller
    ) async throws -> (scores: [Double?], duration: Duration) {
        let signature = try await signature(of: endpoint, version: version, by: caller)
        let known = Set(signature.inputs.map(\.name))
        let faults =
            inputs.keys.filter { !known.contains($0) }.sorted().map { "it has no input '\($0.printable)'" }
            + known.filter { inputs[$0] == nil }.sorted().map { "its input '\($0.printable)' is not given" }
        guard faults.isEmpty else { throw Self.unfit(faults.joined(separator: ", ")) }
        let tensors = try signature.inputs.map { input in
            guard let value = inputs[input.name], case .array(let rows) = value else {
                throw Self.unfit("its input '\(input.name.printable)' takes a list with an element for each row")
            }
            do {
                return try TensorReading.tensor(value, shape: nil, as: input, rows: rows.count)
            } catch let problem as Problem {
                throw Self.unfit(problem.why ?? problem.what)
            }
        }
        var request = InferenceRequest(inputs: tensors)
        request.revision = revision
        let start = ContinuousClock.now
        let answer = try await infer(endpoint, version: version, request, by: caller)
        let duration = ContinuousClock.now - start
        let rows = tensors.first?.shape.first ?? 0
        let scored = ServedModel.scoreOutput(of: signature.outputs)
        let scores = answer.outputs.first { $0.name == scored }?.lastColumn(rows: rows) ?? Array(repeating: Double.nan, count: rows)
        return (scores.map { $0.isFinite ? $0 : nil }, duration)
    }

    private static func unfit(_ why: String) -> Problem {
        Problem(.invalid, "serving.probe.inputs", "The inputs are not those of the revision's model.", why: "Of the model: \(why).")
    }
}
