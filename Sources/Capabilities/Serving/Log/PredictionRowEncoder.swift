// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Turns requests into the arguments of their rows' `INSERT`.
struct PredictionRowEncoder {
    private var inputWriter = RowWriter()
    private var outputWriter = RowWriter()
    private(set) var arguments: [DatabaseValue] = []

    init(rows: Int) {
        arguments.reserveCapacity(rows * PredictionTable.columns)
    }

    mutating func append(_ request: AnsweredRequest) {
        let inputs =
            request.policy.redacted.isEmpty ? request.inputs : request.inputs.filter { !request.policy.redacted.contains($0.name) }
        inputWriter.prepare(for: inputs)
        outputWriter.prepare(for: request.outputs)
        let candidate: DatabaseValue = request.candidate.map { .integer(Int64($0)) } ?? .null
        for row in 0..<request.rows where request.policy.keeps(row: row, of: request.id) {
            arguments.append(.text(request.workspace))
            arguments.append(.text(request.endpoint))
            arguments.append(.integer(request.time.milliseconds))
            arguments.append(.text("\(request.id).\(row)"))
            arguments.append(.integer(Int64(request.revisions[row])))
            arguments.append(candidate)
            arguments.append(.integer(Int64(request.candidatePercent)))
            arguments.append(.text(inputWriter.text(of: inputs, row: row)))
            arguments.append(request.scores[row].isNaN ? .null : .real(request.scores[row]))
            arguments.append(.integer(request.logged.milliseconds))
            arguments.append(request.microseconds.isEmpty ? .null : .integer(request.microseconds[row]))
            arguments.append(.integer(Int64(request.rows)))
            arguments.append(request.outputs.isEmpty ? .null : .text(outputWriter.text(of: request.outputs, row: row)))
        }
    }
}

/// Writes rows of tensors as JSON objects.
private struct RowWriter {
    /// `{"a":`, `,"b":` and so on, kept from one request to the next, because most have the same tensors.
    private var prefixes: [(name: String, bytes: [UInt8])] = []
    private var text = JSONText(capacity: 1024)

    mutating func prepare(for tensors: [Tensor]) {
        if prefixes.count == tensors.count, zip(prefixes, tensors).allSatisfy({ $0.name == $1.name }) { return }
        prefixes = tensors.enumerated().map { index, tensor in
            var text = JSONText(capacity: tensor.name.utf8.count + 4)
            text.bytes.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            text.append(tensor.name)
            text.bytes.append(UInt8(ascii: ":"))
            return (tensor.name, text.bytes)
        }
    }

    /// - Parameter tensors: Those that it was prepared for.
    mutating func text(of tensors: [Tensor], row: Int) -> String {
        text.bytes.removeAll(keepingCapacity: true)
        if tensors.isEmpty { text.append(raw: "{") }
        for (index, tensor) in tensors.enumerated() {
            text.bytes.append(contentsOf: prefixes[index].bytes)
            tensor.values.write(row: row, width: tensor.shape.count == 1 ? 1 : tensor.valuesPerRow, to: &text)
        }
        text.bytes.append(UInt8(ascii: "}"))
        return String(decoding: text.bytes, as: UTF8.self)
    }
}

extension TensorValues {
    /// A scalar, or a list when the row is wider or narrower than one; a missing number is null.
    fileprivate func write(row: Int, width: Int, to text: inout JSONText) {
        if width == 1 { return write(at: row, to: &text) }
        text.bytes.append(UInt8(ascii: "["))
        for column in 0..<width {
            if column > 0 { text.bytes.append(UInt8(ascii: ",")) }
            write(at: row * width + column, to: &text)
        }
        text.bytes.append(UInt8(ascii: "]"))
    }

    /// One element; a missing number is null, bytes that are no text are in base 64.
    package func write(at index: Int, to text: inout JSONText) {
        switch self {
        case .float32(let values): text.append(values[index])
        case .float64(let values): text.append(values[index])
        case .int64(let values): text.append(values[index])
        case .int32(let values): text.append(values[index])
        case .bool(let values): text.append(values[index])
        case .string(let values): text.append(values[index])
        case .bytes(let values): text.append(base64: values[index])
        case .float16(let values): text.append(values[index])
        case .bfloat16(let values): text.append(values[index].float)
        case .int16(let values): text.append(values[index])
        case .int8(let values): text.append(values[index])
        case .uint64(let values): text.append(values[index])
        case .uint32(let values): text.append(values[index])
        case .uint16(let values): text.append(values[index])
        case .uint8(let values): text.append(values[index])
        }
    }
}
