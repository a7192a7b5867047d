// SPDX-License-Identifier: Apache-2.0

import Backends
import COnnxRuntime
import Domain

/// One result still in the library's memory, to be copied out.
struct OnnxOutput {
    let session: OpaquePointer
    let description: onnx_output

    func tensor(named name: String) throws -> Tensor {
        try withUnsafePointer(to: description) { output in
            Tensor(
                name: name,
                shape: (0..<description.rank).map { Int(onnx_output_dimension(output, $0)) },
                values: try values(of: output, named: name))
        }
    }

    private func values(of output: UnsafePointer<onnx_output>, named name: String) throws -> TensorValues {
        switch TensorDatatype(onnx: description.element_type) {
        case .float32: .float32(elements())
        case .float64: .float64(elements())
        case .int64: .int64(elements())
        case .int32: .int32(elements())
        // A byte of C may hold more than 0 and 1, which a Bool must not.
        case .bool: .bool((elements() as [UInt8]).map { $0 != 0 })
        case .string: try strings(of: output)
        case .float16: .float16(elements())
        case .bfloat16: .bfloat16(elements())
        case .int16: .int16(elements())
        case .int8: .int8(elements())
        case .uint64: .uint64(elements())
        case .uint32: .uint32(elements())
        case .uint16: .uint16(elements())
        case .uint8: .uint8(elements())
        case nil:
            throw Problem(
                .internal, "serving.model.failed", "Output \(quoted(name)) came with ONNX element type \(description.element_type).",
                why: "The model declares another one.")
        }
    }

    private func elements<Element: BitwiseCopyable>() -> [Element] {
        let start = description.data?.assumingMemoryBound(to: Element.self)
        return Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : description.count))
    }

    private func strings(of output: UnsafePointer<onnx_output>) throws -> TensorValues {
        let count = description.count
        var length = 0
        try require(onnx_output_strings_length(session, output, &length))
        return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { bytes in
            try withUnsafeTemporaryAllocation(of: Int.self, capacity: count + 1) { offsets in
                guard let start = bytes.baseAddress, let firstOffset = offsets.baseAddress else { return .string([]) }
                try require(onnx_output_strings_copy(session, output, start, length, firstOffset, count))
                offsets[count] = length
                return .texts(
                    of: (0..<count).map { index in
                        UnsafeRawBufferPointer(start: start + offsets[index], count: offsets[index + 1] - offsets[index])
                    })
            }
        }
    }

    private func require(_ failure: UnsafeMutablePointer<CChar>?) throws {
        guard let cause = cause(failure) else { return }
        throw Problem(.internal, "serving.model.failed", "The strings of a result cannot be read.", why: cause)
    }
}

extension TensorDatatype {
    /// From ONNX's own number (`TensorProto.DataType`); nil for types the seam does not carry.
    init?(onnx number: Int32) {
        guard let datatype = Self.allCases.first(where: { $0.onnx == number }) else { return nil }
        self = datatype
    }

    var onnx: Int32 {
        switch self {
        case .float32: Int32(ONNX_FLOAT32.rawValue)
        case .float64: Int32(ONNX_FLOAT64.rawValue)
        case .int64: Int32(ONNX_INT64.rawValue)
        case .int32: Int32(ONNX_INT32.rawValue)
        case .bool: Int32(ONNX_BOOL.rawValue)
        case .string: Int32(ONNX_STRING.rawValue)
        case .float16: Int32(ONNX_FLOAT16.rawValue)
        case .bfloat16: Int32(ONNX_BFLOAT16.rawValue)
        case .int16: Int32(ONNX_INT16.rawValue)
        case .int8: Int32(ONNX_INT8.rawValue)
        case .uint64: Int32(ONNX_UINT64.rawValue)
        case .uint32: Int32(ONNX_UINT32.rawValue)
        case .uint16: Int32(ONNX_UINT16.rawValue)
        case .uint8: Int32(ONNX_UINT8.rawValue)
        }
    }
}
