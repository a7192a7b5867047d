// SPDX-License-Identifier: Apache-2.0

import Backends
import COnnxRuntime
import Domain

/// Holds the tensors of a call against what the model declares, before any of it reaches C.
struct InputCheck {
    let inputs: [TensorSpecification]
    /// From name to place in `inputs`.
    let indices: [String: Int]

    /// Which of the model's inputs each tensor is; nil when they come in the model's own order.
    /// - Throws: `Problem` `.invalid` naming the first tensor that does not fit, what was expected and what came.
    func ports(of tensors: [Tensor]) throws -> [Int]? {
        if isInOrder(tensors) {
            for index in tensors.indices { try check(tensors[index], against: inputs[index]) }
            return nil
        }
        var given = Set<Int>()
        let ports = try tensors.map { tensor in
            guard let port = indices[tensor.name] else {
                throw Problem(
                    .invalid, "serving.input.unknown", "The model has no input \(quoted(tensor.name)).",
                    why: "Its inputs are \(list(inputs.map(\.name))).")
            }
            guard given.insert(port).inserted else {
                throw Problem(.invalid, "serving.input.repeated", "Input \(quoted(tensor.name)) is given twice.")
            }
            return port
        }
        let missing = inputs.indices.filter { !given.contains($0) }
        guard missing.isEmpty else {
            throw Problem(
                .invalid, "serving.input.missing", "Not every input of the model is given: \(list(missing.map { inputs[$0].name })).",
                why: "The model needs \(inputs.count), the request has \(tensors.count).")
        }
        for (tensor, port) in zip(tensors, ports) { try check(tensor, against: inputs[port]) }
        return ports
    }

    private func isInOrder(_ tensors: [Tensor]) -> Bool {
        guard tensors.count == inputs.count else { return false }
        for index in tensors.indices where tensors[index].name != inputs[index].name { return false }
        return true
    }

    private func check(_ tensor: Tensor, against input: TensorSpecification) throws {
        guard tensor.values.datatype == input.datatype else {
            throw Problem(
                .invalid, "serving.input.datatype",
                "Input \(quoted(tensor.name)) has datatype \(tensor.values.datatype.rawValue); the model takes \(input.datatype.rawValue).")
        }
        guard fits(tensor.shape, input.shape) else {
            throw Problem(
                .invalid, "serving.input.shape",
                "Input \(quoted(tensor.name)) has shape \(text(tensor.shape)); the model takes \(text(input.shape)).",
                why: "-1 stands for any size from 1.")
        }
        guard elementCount(of: tensor.shape) == tensor.values.count else {
            throw Problem(
                .invalid, "serving.input.count", "Input \(quoted(tensor.name)) has \(tensor.values.count) elements.",
                why: "Its shape \(text(tensor.shape)) needs \(elementCount(of: tensor.shape).map(String.init) ?? "more than can exist").")
        }
    }

    /// A declaration without dimensions is a model that states no shape; the library then decides.
    private func fits(_ shape: [Int], _ declared: [Int]) -> Bool {
        guard shape.count <= Int(ONNX_MAXIMUM_RANK), shape.allSatisfy({ $0 > 0 }) else { return false }
        guard !declared.isEmpty else { return true }
        guard shape.count == declared.count else { return false }
        for axis in shape.indices where declared[axis] != -1 && declared[axis] != shape[axis] { return false }
        return true
    }

    private func elementCount(of shape: [Int]) -> Int? {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            if overflow { return nil }
            count = product
        }
        return count
    }

    private func text(_ shape: [Int]) -> String {
        let sizes = shape.prefix(Int(ONNX_MAXIMUM_RANK)).map(String.init).joined(separator: ",")
        return shape.count > Int(ONNX_MAXIMUM_RANK) ? "[\(sizes),…]" : "[\(sizes)]"
    }
}

/// A name as it may stand in a message: in quotes and cut short, because callers choose it.
func quoted(_ name: String) -> String {
    name.count > 80 ? "'\(name.prefix(80))…'" : "'\(name)'"
}

/// At most ten names, in quotes.
func list(_ names: [String]) -> String {
    let first = names.prefix(10).map(quoted).joined(separator: ", ")
    return names.count > 10 ? "\(first) and \(names.count - 10) more" : first
}
