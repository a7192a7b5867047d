// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Holds the tensors of a call against the signature, before they are sent to a server.
struct SignatureCheck {
    let model: ServerModel

    /// The tensors in the model's own order.
    ///
    /// - Throws: `Problem` `.invalid` naming the first that does not fit, what was expected and what came.
    func ordered(_ tensors: [Tensor]) throws(Problem) -> [Tensor] {
        for tensor in tensors where !model.inputs.contains(where: { $0.name == tensor.name }) {
            throw Problem(
                .invalid, "serving.input.unknown", "The model has no input '\(tensor.name.printable)'.",
                why: "Its inputs are \(Self.list(model.inputs.map(\.name))).")
        }
        var ordered: [Tensor] = []
        for input in model.inputs {
            let given = tensors.filter { $0.name == input.name }
            guard let tensor = given.first else {
                throw Problem(
                    .invalid, "serving.input.missing", "Input '\(input.name.printable)' of the model is not given.",
                    why: "The model needs \(model.inputs.count), the request has \(tensors.count).")
            }
            guard given.count == 1 else {
                throw Problem(.invalid, "serving.input.repeated", "Input '\(input.name.printable)' is given twice.")
            }
            ordered.append(try check(tensor, against: input))
        }
        return ordered
    }

    /// The names asked for; all when nil or empty.
    ///
    /// - Throws: `Problem` `.invalid` for a name that is no output or comes twice.
    func outputs(named names: [String]?) throws(Problem) -> [String] {
        guard let names, !names.isEmpty else { return model.outputs.map(\.name) }
        for (index, name) in names.enumerated() {
            guard model.outputs.contains(where: { $0.name == name }) else {
                throw Problem(
                    .invalid, "serving.output.unknown", "The model has no output '\(name.printable)'.",
                    why: "Its outputs are \(Self.list(model.outputs.map(\.name))).")
            }
            guard !names[..<index].contains(name) else {
                throw Problem(.invalid, "serving.output.repeated", "Output '\(name.printable)' is asked for twice.")
            }
        }
        return names
    }

    private func check(_ tensor: Tensor, against input: TensorSpecification) throws(Problem) -> Tensor {
        var tensor = tensor
        guard tensor.values.datatype == input.datatype else {
            throw Problem(
                .invalid, "serving.input.datatype",
                "Input '\(tensor.name.printable)' has datatype \(tensor.values.datatype.rawValue); the model takes \(input.datatype.rawValue)."
            )
        }
        // One value a row may come without the dimension of its own.
        if input.shape == [-1, 1], tensor.shape.count == 1 { tensor.shape.append(1) }
        guard tensor.isComplete, tensor.shape.count == input.shape.count,
            zip(tensor.shape, input.shape).allSatisfy({ $0 > 0 && ($1 == -1 || $0 == $1) })
        else {
            throw Problem(
                .invalid, "serving.input.shape",
                "Input '\(tensor.name.printable)' has shape \(Self.text(tensor.shape)) and \(tensor.values.count) elements; the model takes "
                    + "\(Self.text(input.shape)).", why: "-1 stands for any size from 1.")
        }
        return tensor
    }

    private static func text(_ shape: [Int]) -> String { "[\(shape.prefix(16).map(String.init).joined(separator: ","))]" }

    private static func list(_ names: [String]) -> String {
        let first = names.prefix(10).map { "'\($0.printable)'" }.joined(separator: ", ")
        return names.count > 10 ? "\(first) and \(names.count - 10) more" : first
    }
}
