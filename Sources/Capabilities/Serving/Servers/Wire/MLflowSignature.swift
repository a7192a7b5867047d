// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// A signature as MLflow writes it, read as tensors: a column becomes one with a value for each row.
enum MLflowSignature {
    /// The name of a model's one tensor that has none.
    static let onlyInput = "input"
    static let onlyOutput = "prediction"

    /// - Throws: `Problem` `.invalid` when there is none, or it has types that cannot be served.
    static func model(_ file: MLmodelFile, of version: ServedVersion) throws(Problem) -> ServerModel {
        guard let inputs = file.inputs?.array, !inputs.isEmpty else {
            throw Problem(
                .invalid, "serving.model.signature-missing", "What \(version) takes is not known.",
                why: "Its file '\(MLmodelFile.name)' states no signature.",
                fix: "Log the model with one: mlflow.sklearn.log_model(..., signature=infer_signature(x, model.predict(x))).")
        }
        let isTable = inputs.allSatisfy { $0["tensor-spec"] == nil }
        let outputs = file.outputs?.array ?? []
        return ServerModel(
            name: "model", inputs: try specifications(inputs, only: onlyInput, isTable: isTable, of: version),
            outputs: outputs.isEmpty
                ? [TensorSpecification(name: onlyOutput, datatype: .float64, shape: [-1])]
                : try specifications(outputs, only: onlyOutput, isTable: outputs.allSatisfy { $0["tensor-spec"] == nil }, of: version),
            isTable: isTable)
    }

    private static func specifications(
        _ list: [JSONValue], only: String, isTable: Bool, of version: ServedVersion
    ) throws(Problem) -> [TensorSpecification] {
        var specifications: [TensorSpecification] = []
        for item in list {
            let name = item["name"]?.text ?? item["name"]?.integer.map(String.init) ?? (list.count == 1 ? only : nil)
            let tensor = item["tensor-spec"]
            let type = (isTable ? item["type"] : tensor?["dtype"])?.text ?? "none"
            let sizes = isTable ? [-1, 1] : (tensor?["shape"]?.array ?? []).map { Int(exactly: $0.integer ?? -2) ?? -2 }
            guard let name, let datatype = datatypes[type], !sizes.isEmpty, sizes.count <= 16, sizes.allSatisfy({ $0 >= -1 }) else {
                throw Problem(
                    .invalid, "serving.model.unsupported", "The signature of \(version) has what cannot be served.",
                    why: "'\((name ?? "an unnamed one").printable)' is of type \(type.printable).",
                    fix: "Served are columns and tensors of numbers, flags and texts, each with a name when there are several.")
            }
            specifications.append(TensorSpecification(name: name, datatype: datatype, shape: sizes))
        }
        return specifications
    }

    /// Of columns and of tensors; the former are the words of Spark, the latter those of NumPy.
    private static let datatypes: [String: TensorDatatype] = [
        "boolean": .bool, "integer": .int32, "long": .int64, "float": .float32, "double": .float64, "string": .string, "datetime": .string,
        "bool": .bool, "int8": .int8, "int16": .int16, "uint8": .uint8, "uint16": .uint16, "uint32": .uint32, "uint64": .uint64,
        "float16": .float16, "int32": .int32, "int64": .int64, "float32": .float32, "float64": .float64, "str": .string, "object": .string,
    ]
}
