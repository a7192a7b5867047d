// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// The first call of a model, made before anyone waits for it: what a runtime prepares late is prepared, and a model that cannot answer at
/// all is found out.
enum WarmUp {
    /// Calls the model with one row of zeros, and with ones when it fails on those.
    ///
    /// A model that does not declare what shape its inputs have is not called.
    /// - Throws: `Problem` `.invalid` when both calls fail.
    static func run(_ model: any LoadedModel) throws(Problem) {
        guard !model.inputs.isEmpty, model.inputs.allSatisfy({ !$0.shape.isEmpty }) else { return }
        guard fails(model, value: 0) != nil, let failure = fails(model, value: 1) else { return }
        throw Problem(
            .invalid, "serving.model.warm-up-failed", "The model loads, but cannot answer.",
            why: "Its first call, with one row that fits its declaration, failed: \(failure)",
            fix: "Call it with the runtime's own library, mend it, and register that file.")
    }

    private static func fails(_ model: any LoadedModel, value: Int) -> String? {
        do {
            _ = try model.infer(model.inputs.map { tensor(of: $0, value: value) }, outputs: nil)
            return nil
        } catch let problem as Problem {
            return [problem.what, problem.why].compactMap(\.self).joined(separator: " ")
        } catch {
            return "\(error)"
        }
    }

    /// One row, and one of whatever else may vary.
    private static func tensor(of input: TensorSpecification, value: Int) -> Tensor {
        let shape = input.shape.map { $0 == -1 ? 1 : $0 }
        return Tensor(
            name: input.name, shape: shape, values: TensorValues(repeating: value, count: shape.reduce(1, *), as: input.datatype))
    }
}
