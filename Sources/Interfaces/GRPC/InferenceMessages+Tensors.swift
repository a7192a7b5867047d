// SPDX-License-Identifier: Apache-2.0

import Backends
import Compatibility
import Domain
import Foundation
import Serving
import SwiftProtobuf

extension Inference_ModelInferRequest {
    private static let maximumTensors = 1024
    private static let maximumRank = 16

    /// - Throws: `Problem` `.invalid` that names the input.
    func request() throws(Problem) -> InferenceRequest {
        guard inputs.count <= Self.maximumTensors, outputs.count <= Self.maximumTensors else {
            throw Self.invalid("too-many-tensors", "The request has more than \(Self.maximumTensors) inputs or outputs.")
        }
        guard rawInputContents.isEmpty || rawInputContents.count == inputs.count else {
            throw Self.invalid(
                "raw-contents", "The request has \(inputs.count) inputs and the raw bytes of \(rawInputContents.count).",
                why: "Either all inputs come as raw bytes or none.")
        }
        var names: Set<String> = []
        var tensors: [Tensor] = []
        for (index, input) in inputs.enumerated() {
            guard names.insert(input.name).inserted else {
                throw Self.invalid("input-repeated", "Input '\(input.name.printable)' is given twice.")
            }
            tensors.append(try Self.tensor(input, raw: rawInputContents.isEmpty ? nil : rawInputContents[index]))
        }
        for output in outputs {
            if output.parameters["shared_memory_region"] != nil { throw Unoffered.systemSharedMemory.problem }
            if output.parameters["classification"] != nil { throw Unoffered.classification.problem }
        }
        let time: Timestamp? =
            if case .int64Param(let milliseconds) = parameters["event_time"]?.parameterChoice { Timestamp(milliseconds: milliseconds) } else
            {
                nil
            }
        return InferenceRequest(inputs: tensors, outputs: outputs.isEmpty ? nil : outputs.map(\.name), time: time)
    }

    private static func tensor(_ input: InferInputTensor, raw: Data?) throws(Problem) -> Tensor {
        if input.parameters["shared_memory_region"] != nil { throw Unoffered.systemSharedMemory.problem }
        guard let datatype = TensorDatatype(rawValue: input.datatype) else {
            throw invalid(
                "datatype-unsupported", "Datatype '\(input.datatype.printable)' of input '\(input.name.printable)' is not supported.",
                why: "Supported are \(TensorDatatype.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        var count = 1
        for size in input.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(size))
            guard size >= 0, !overflow, input.shape.count <= maximumRank else {
                throw invalid("shape", "The shape of input '\(input.name.printable)' cannot be: \(input.shape.prefix(maximumRank)).")
            }
            count = product
        }
        let values: TensorValues
        if let raw {
            guard !input.hasContents else {
                throw invalid("data-ambiguous", "Input '\(input.name.printable)' has both contents and raw bytes.")
            }
            do {
                values = try RawTensor.values(datatype, count: count, from: Array(raw)[...])
            } catch {
                throw invalid(
                    "binary-malformed", "The raw bytes of input '\(input.name.printable)' cannot be read.",
                    why: (error as? RawTensor.Fault)?.reason)
            }
        } else {
            values = try input.contents.values(datatype, of: input.name)
            guard values.count == count else {
                throw invalid(
                    "count", "Input '\(input.name.printable)' has \(values.count) elements of \(datatype.rawValue).",
                    why: "Its shape needs \(count).")
            }
        }
        return Tensor(name: input.name, shape: input.shape.map { Int($0) }, values: values)
    }

    fileprivate static func invalid(_ reason: String, _ what: String, why: String? = nil) -> Problem {
        Problem(.invalid, "inference.message.\(reason)", what, why: why)
    }
}

extension Inference_InferTensorContents {
    /// - Throws: `Problem` `.invalid` for a number beyond its type, and for types that come as raw bytes only.
    func values(_ datatype: TensorDatatype, of input: String) throws(Problem) -> TensorValues {
        func fit<Given: BinaryInteger, Value: FixedWidthInteger>(_ given: [Given]) throws(Problem) -> [Value] {
            var values: [Value] = []
            values.reserveCapacity(given.count)
            for (index, number) in given.enumerated() {
                guard let value = Value(exactly: number) else {
                    throw Inference_ModelInferRequest.invalid(
                        "range", "Element \(index) of input '\(input.printable)' is \(number).",
                        why: "It does not fit \(datatype.rawValue).")
                }
                values.append(value)
            }
            return values
        }
        return switch datatype {
        case .bool: .bool(boolContents)
        case .int8: .int8(try fit(intContents))
        case .int16: .int16(try fit(intContents))
        case .int32: .int32(intContents)
        case .int64: .int64(int64Contents)
        case .uint8: .uint8(try fit(uintContents))
        case .uint16: .uint16(try fit(uintContents))
        case .uint32: .uint32(uintContents)
        case .uint64: .uint64(uint64Contents)
        case .float32: .float32(fp32Contents)
        case .float64: .float64(fp64Contents)
        case .string: .texts(of: bytesContents)
        case .float16, .bfloat16:
            throw Inference_ModelInferRequest.invalid(
                "raw-only", "Input '\(input.printable)' has no contents of \(datatype.rawValue).", why: "That type comes as raw bytes only."
            )
        }
    }

    /// Nil for types that go as raw bytes only.
    init?(_ values: TensorValues) {
        self.init()
        switch values {
        case .bool(let values): boolContents = values
        case .int8(let values): intContents = values.map { Int32($0) }
        case .int16(let values): intContents = values.map { Int32($0) }
        case .int32(let values): intContents = values
        case .int64(let values): int64Contents = values
        case .uint8(let values): uintContents = values.map { UInt32($0) }
        case .uint16(let values): uintContents = values.map { UInt32($0) }
        case .uint32(let values): uintContents = values
        case .uint64(let values): uint64Contents = values
        case .float32(let values): fp32Contents = values
        case .float64(let values): fp64Contents = values
        case .string(let values): bytesContents = values.map { Data($0.utf8) }
        case .bytes(let values): bytesContents = values.map { Data($0) }
        case .float16, .bfloat16: return nil
        }
    }
}

extension Inference_ModelInferResponse {
    /// Raw bytes when the request came as such, or when an output has a type that goes in no other way.
    init(_ answer: InferenceAnswer, to request: Inference_ModelInferRequest) {
        modelName = answer.endpoint
        modelVersion = answer.versions.map(String.init).joined(separator: ",")
        id = request.id.isEmpty ? answer.id : request.id
        parameters["prediction_id"] = .with { $0.stringParam = answer.id }
        let contents = request.rawInputContents.isEmpty ? answer.outputs.map { Inference_InferTensorContents($0.values) } : []
        let isRaw = contents.isEmpty || contents.contains { $0 == nil }
        for (index, output) in answer.outputs.enumerated() {
            var tensor = InferOutputTensor()
            tensor.name = output.name
            tensor.datatype = output.values.datatype.rawValue
            tensor.shape = output.shape.map { Int64($0) }
            if isRaw {
                var bytes: [UInt8] = []
                bytes.reserveCapacity(RawTensor.byteCount(output.values))
                RawTensor.append(output.values, to: &bytes)
                rawOutputContents.append(Data(bytes))
            } else if let contents = contents[index] {
                tensor.contents = contents
            }
            outputs.append(tensor)
        }
    }
}
