// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// `POST /invocations` of MLflow's scoring server as a client speaks it.
enum InvocationsWire {
    /// A table as `dataframe_split`, one unnamed tensor or several named ones as `inputs`.
    static func body(_ inputs: [Tensor], of model: ServerModel) -> [UInt8] {
        var text = JSONText(capacity: 256 + inputs.reduce(0) { $0 + $1.values.count * 12 })
        if model.isTable {
            text.append(raw: #"{"dataframe_split":{"columns":"#)
            text.append(elementsOf: .string(inputs.map(\.name)))
            text.append(raw: #","data":["#)
            for row in 0..<(inputs.first?.values.count ?? 0) {
                text.append(raw: row > 0 ? ",[" : "[")
                for (index, input) in inputs.enumerated() {
                    if index > 0 { text.append(raw: ",") }
                    input.values.write(at: row, to: &text)
                }
                text.append(raw: "]")
            }
            text.append(raw: "]}}")
        } else if inputs.count == 1, inputs[0].name == MLflowSignature.onlyInput {
            text.append(raw: #"{"inputs":"#)
            text.append(nested: inputs[0])
            text.append(raw: "}")
        } else {
            text.append(raw: #"{"inputs":{"#)
            for (index, input) in inputs.enumerated() {
                if index > 0 { text.append(raw: ",") }
                text.append(input.name)
                text.append(raw: ":")
                text.append(nested: input)
            }
            text.append(raw: "}}")
        }
        return text.bytes
    }

    /// Predictions are a list of values or lists for the one output there is, a list of objects or an object of lists for several.
    static func outputs(in value: JSONValue, rows: Int, of model: ServerModel) throws(Problem) -> [Tensor] {
        guard let predictions = value["predictions"] else { throw TensorReading.garbled("Its answer has no 'predictions'.") }
        var tensors: [Tensor] = []
        for output in model.outputs {
            let column: JSONValue
            switch predictions {
            case .object(let columns):
                guard let named = columns[output.name] else {
                    throw TensorReading.garbled("Its predictions have no '\(output.name.printable)'.")
                }
                column = named
            case .array(let list):
                if case .object? = list.first {
                    let values = list.compactMap { $0[output.name] }
                    guard values.count == list.count else {
                        throw TensorReading.garbled("Not each of its predictions has '\(output.name.printable)'.")
                    }
                    column = .array(values)
                } else {
                    guard model.outputs.count == 1 else {
                        throw TensorReading.garbled("Its predictions do not say which is which; the model declares \(model.outputs.count).")
                    }
                    column = predictions
                }
            default: throw TensorReading.garbled("Its predictions are no list.")
            }
            tensors.append(try TensorReading.tensor(fitted(column, to: output), shape: nil, as: output, rows: rows))
        }
        return tensors
    }

    /// A column of a table is a list of values where the signature, as every table here, has one value a row.
    private static func fitted(_ value: JSONValue, to output: TensorSpecification) -> JSONValue {
        guard output.shape == [-1, 1], case .array(let list) = value else { return value }
        if case .array? = list.first { return value }
        return .array(list.map { .array([$0]) })
    }
}
