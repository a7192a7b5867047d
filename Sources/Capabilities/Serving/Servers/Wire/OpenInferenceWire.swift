// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Version 2 of the Open Inference Protocol as a client speaks it, in JSON: the binary form is an extension that not every server has.
enum OpenInferenceWire {
    static func body(_ inputs: [Tensor], outputs: [String]) -> [UInt8] {
        var text = JSONText(capacity: 256 + inputs.reduce(0) { $0 + $1.values.count * 12 })
        text.append(raw: #"{"inputs":["#)
        for (index, input) in inputs.enumerated() {
            if index > 0 { text.append(raw: ",") }
            text.append(raw: #"{"name":"#)
            text.append(input.name)
            text.append(raw: #","shape":"#)
            text.append(elementsOf: .int64(input.shape.map(Int64.init)))
            text.append(raw: #","datatype":"#)
            text.append(input.values.datatype.rawValue)
            text.append(raw: #","data":"#)
            text.append(elementsOf: input.values)
            text.append(raw: "}")
        }
        text.append(raw: #"],"outputs":["#)
        for (index, output) in outputs.enumerated() {
            if index > 0 { text.append(raw: ",") }
            text.append(raw: #"{"name":"#)
            text.append(output)
            text.append(raw: "}")
        }
        text.append(raw: "]}")
        return text.bytes
    }

    static func outputs(in value: JSONValue, rows: Int, of model: ServerModel) throws(Problem) -> [Tensor] {
        guard let given = value["outputs"]?.array else { throw TensorReading.garbled("Its answer has no list 'outputs'.") }
        var tensors: [Tensor] = []
        for answer in given {
            guard let name = answer["name"]?.text, let data = answer["data"], let sizes = answer["shape"]?.array else {
                throw TensorReading.garbled("An output has no name, shape or data.")
            }
            guard let output = model.outputs.first(where: { $0.name == name }) else { continue }
            guard answer["datatype"]?.text == output.datatype.rawValue else {
                throw TensorReading.garbled(
                    "Output '\(name.printable)' has datatype \((answer["datatype"]?.text ?? "none").printable); the model declares "
                        + "\(output.datatype.rawValue).")
            }
            let shape = sizes.compactMap { $0.integer.flatMap(Int.init(exactly:)) }
            guard shape.count == sizes.count else {
                throw TensorReading.garbled("The shape of output '\(name.printable)' is no list of sizes.")
            }
            tensors.append(try TensorReading.tensor(data, shape: shape, as: output, rows: rows))
        }
        return tensors
    }

    /// The model as `GET /v2/models/NAME` describes it.
    static func model(named name: String, in body: [UInt8]) throws(Problem) -> ServerModel {
        let value = try? body.withUnsafeBufferPointer { bytes throws(Problem) in try JSONReader.value(in: bytes) }
        return ServerModel(
            name: name, inputs: try specifications(value?["inputs"], "inputs"), outputs: try specifications(value?["outputs"], "outputs"))
    }

    /// A list of `{"name", "datatype", "shape"}`.
    static func specifications(_ value: JSONValue?, _ title: String) throws(Problem) -> [TensorSpecification] {
        guard let list = value?.array, !list.isEmpty, list.count <= 4096 else {
            throw TensorReading.garbled("The model's description has no list '\(title)'.")
        }
        var specifications: [TensorSpecification] = []
        for item in list {
            let sizes = item["shape"]?.array ?? []
            let shape = sizes.compactMap { $0.integer.flatMap(Int.init(exactly:)) }
            guard let name = item["name"]?.text, !name.isEmpty,
                let datatype = item["datatype"]?.text.flatMap(TensorDatatype.init(rawValue:)),
                !shape.isEmpty, shape.count == sizes.count, shape.count <= 16, shape.allSatisfy({ $0 >= -1 })
            else {
                throw TensorReading.garbled("One of the model's \(title) has no name, known datatype or shape.")
            }
            specifications.append(TensorSpecification(name: name, datatype: datatype, shape: shape))
        }
        return specifications
    }
}
