// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Makes tensors of what a server answered, and believes nothing of it that the signature does not allow.
enum TensorReading {
    /// - Parameters:
    ///   - value: Elements, or lists of them of any depth, each as long as its neighbours.
    ///   - shape: As the server states it; nil for that of the lists.
    /// - Throws: `Problem` `.internal` `serving.server.garbled` that says what does not fit.
    static func tensor(
        _ value: JSONValue, shape stated: [Int]?, as output: TensorSpecification, rows: Int
    ) throws(Problem) -> Tensor {
        var elements: [JSONValue] = []
        let nested = try flatten(value, of: output.name, into: &elements)
        let shape = stated ?? nested
        guard shape.count == output.shape.count, zip(shape, output.shape).allSatisfy({ $1 == -1 || $0 == $1 }) else {
            throw garbled("Output '\(output.name.printable)' has shape \(text(shape)); the model declares \(text(output.shape)).")
        }
        guard output.shape.first != -1 || shape.first == rows else {
            throw garbled("Output '\(output.name.printable)' has \(shape.first ?? 0) rows; \(rows) were asked about.")
        }
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, size >= 0 else { throw garbled("Output '\(output.name.printable)' has shape \(text(shape)).") }
            count = product
        }
        guard count == elements.count else {
            throw garbled("Output '\(output.name.printable)' has \(elements.count) elements; its shape \(text(shape)) needs \(count).")
        }
        return Tensor(name: output.name, shape: shape, values: try values(elements, as: output))
    }

    static func garbled(_ why: String) -> Problem {
        Problem(
            .internal, "serving.server.garbled", "The model's server answered with what the model cannot have said.", why: why,
            fix: "Look at the server's log, and whether it serves this version.")
    }

    private static func flatten(
        _ value: JSONValue, of name: String, into elements: inout [JSONValue]
    ) throws(Problem) -> [Int] {
        guard case .array(let members) = value else {
            elements.append(value)
            return []
        }
        var inner: [Int]?
        for member in members {
            let shape = try flatten(member, of: name, into: &elements)
            guard shape == inner ?? shape else { throw garbled("The lists of output '\(name.printable)' differ in length.") }
            inner = shape
        }
        return [members.count] + (inner ?? [])
    }

    private static func values(_ elements: [JSONValue], as output: TensorSpecification) throws(Problem) -> TensorValues {
        func each<Value>(_ read: (JSONValue) -> Value?) throws(Problem) -> [Value] {
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                guard let value = read(element) else {
                    let text = String(element.jsonText.prefix(40)).printable
                    throw garbled("Element \(index) of output '\(output.name.printable)' is \(text), not \(output.datatype.rawValue).")
                }
                values.append(value)
            }
            return values
        }
        func whole<Number: FixedWidthInteger>(as type: Number.Type) throws(Problem) -> [Number] {
            try each { $0.integer.flatMap(Number.init(exactly:)) }
        }
        func float(_ element: JSONValue) -> Float? { element == .null ? .nan : element.double.map(Float.init) }
        switch output.datatype {
        case .float32: return .float32(try each(float))
        case .float64: return .float64(try each { $0 == .null ? .nan : $0.double })
        case .float16: return .float16(try each { float($0).map { Float16($0) } })
        case .bfloat16: return .bfloat16(try each { float($0).map { BFloat16($0) } })
        case .int64: return .int64(try each(\.integer))
        case .int32: return .int32(try whole(as: Int32.self))
        case .int16: return .int16(try whole(as: Int16.self))
        case .int8: return .int8(try whole(as: Int8.self))
        case .uint64: return .uint64(try whole(as: UInt64.self))
        case .uint32: return .uint32(try whole(as: UInt32.self))
        case .uint16: return .uint16(try whole(as: UInt16.self))
        case .uint8: return .uint8(try whole(as: UInt8.self))
        case .bool: return .bool(try each { if case .bool(let flag) = $0 { flag } else { nil } })
        case .string: return .string(try each(\.text))
        }
    }

    private static func text(_ shape: [Int]) -> String { "[\(shape.prefix(16).map(String.init).joined(separator: ","))]" }
}
