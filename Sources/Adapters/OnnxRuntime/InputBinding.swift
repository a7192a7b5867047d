// SPDX-License-Identifier: Apache-2.0

import Backends
import COnnxRuntime
import Domain

/// Runs `body` with the tensors as C sees them. Numbers are not copied: each array's own memory is lent for the call.
///
/// - Parameter ports: Which input of the model each tensor is; nil for the model's own order.
func withBoundInputs<Result>(
    _ tensors: [Tensor], ports: [Int]?, _ body: (UnsafeBufferPointer<onnx_input>) throws -> Result
) throws -> Result {
    try withUnsafeTemporaryAllocation(of: onnx_input.self, capacity: tensors.count) { bound in
        try withUnsafeTemporaryAllocation(of: Int.self, capacity: tensors.reduce(1) { $0 + $1.shape.count }) { sizes in
            var shape = sizes.baseAddress
            for (index, tensor) in tensors.enumerated() {
                for (axis, size) in tensor.shape.enumerated() { shape?[axis] = size }
                bound.initializeElement(
                    at: index,
                    to: onnx_input(
                        port: ports?[index] ?? index, element_type: tensor.values.datatype.onnx, rank: tensor.shape.count,
                        shape: shape, data: nil, count: tensor.values.count, byte_count: 0))
                shape = shape.map { $0 + tensor.shape.count }
            }
            return try withStrings(of: tensors, boundTo: bound) { try lend(tensors, from: 0, to: bound, body) }
        }
    }
}

/// Fills in the data pointers of numbers from `index` on; one stack frame for each tensor, so that every pointer is valid in `body`.
private func lend<Result>(
    _ tensors: [Tensor], from index: Int, to bound: UnsafeMutableBufferPointer<onnx_input>,
    _ body: (UnsafeBufferPointer<onnx_input>) throws -> Result
) throws -> Result {
    guard index < tensors.count else { return try body(UnsafeBufferPointer(bound)) }
    func next(_ bytes: UnsafeRawBufferPointer) throws -> Result {
        bound[index].data = bytes.baseAddress
        bound[index].byte_count = bytes.count
        return try lend(tensors, from: index + 1, to: bound, body)
    }
    switch tensors[index].values {
    case .float32(let elements): return try elements.withUnsafeBytes(next)
    case .float64(let elements): return try elements.withUnsafeBytes(next)
    case .int64(let elements): return try elements.withUnsafeBytes(next)
    case .int32(let elements): return try elements.withUnsafeBytes(next)
    case .bool(let elements): return try elements.withUnsafeBytes(next)
    case .float16(let elements): return try elements.withUnsafeBytes(next)
    case .bfloat16(let elements): return try elements.withUnsafeBytes(next)
    case .int16(let elements): return try elements.withUnsafeBytes(next)
    case .int8(let elements): return try elements.withUnsafeBytes(next)
    case .uint64(let elements): return try elements.withUnsafeBytes(next)
    case .uint32(let elements): return try elements.withUnsafeBytes(next)
    case .uint16(let elements): return try elements.withUnsafeBytes(next)
    case .uint8(let elements): return try elements.withUnsafeBytes(next)
    case .string, .bytes: return try lend(tensors, from: index + 1, to: bound, body)
    }
}

/// Lays all strings of the call one after the other, each with a terminating zero, with pointers to them as C wants them.
private func withStrings<Result>(
    of tensors: [Tensor], boundTo bound: UnsafeMutableBufferPointer<onnx_input>, _ body: () throws -> Result
) throws -> Result {
    var count = 0
    var length = 0
    for tensor in tensors {
        switch tensor.values {
        case .string(let elements):
            count += elements.count
            for element in elements { length += element.utf8.count + 1 }
        case .bytes(let elements):
            count += elements.count
            for element in elements { length += element.count + 1 }
        default: break
        }
    }
    guard count > 0 else { return try body() }
    return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { bytes in
        try withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>.self, capacity: count) { pointers in
            guard var byte = bytes.baseAddress, var pointer = pointers.baseAddress else { return try body() }
            for (index, tensor) in tensors.enumerated() {
                func lay(_ element: some Collection<UInt8>) throws {
                    let target = UnsafeMutableBufferPointer(start: byte, count: element.count)
                    _ = target.initialize(from: element)
                    guard !target.contains(0) else { throw zeroCharacter(in: tensor.name) }
                    (byte + target.count).initialize(to: 0)
                    pointer.initialize(to: UnsafePointer(byte))
                    byte += target.count + 1
                    pointer += 1
                }
                switch tensor.values {
                case .string(let elements):
                    bound[index].data = UnsafeRawPointer(pointer)
                    for element in elements { try lay(element.utf8) }
                case .bytes(let elements):
                    bound[index].data = UnsafeRawPointer(pointer)
                    for element in elements { try lay(element) }
                default: break
                }
            }
            return try body()
        }
    }
}

private func zeroCharacter(in input: String) -> Problem {
    Problem(
        .invalid, "serving.input.zero", "A string of input \(quoted(input)) contains a zero character.",
        why: "ONNX Runtime takes strings that end at the first zero.")
}
