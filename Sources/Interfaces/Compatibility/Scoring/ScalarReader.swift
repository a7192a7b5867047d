// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Reads single values as the type that a model's input declares.
struct ScalarReader {
    let input: TensorSpecification
    /// Values of one row, for messages.
    let width: Int
    /// Whether values are text of a table, which says nothing of their types.
    let isText: Bool

    func values(of nodes: [JSONNode]) throws(Problem) -> TensorValues {
        switch input.datatype {
        case .float32: .float32(try read(nodes) { number($0).map(Float.init) })
        case .float64: .float64(try read(nodes, number))
        case .float16: .float16(try read(nodes) { number($0).map { Float16($0) } })
        case .bfloat16: .bfloat16(try read(nodes) { number($0).map { BFloat16(Float($0)) } })
        case .int64: .int64(try read(nodes, whole))
        case .int32: .int32(try read(nodes, whole))
        case .int16: .int16(try read(nodes, whole))
        case .int8: .int8(try read(nodes, whole))
        case .uint64: .uint64(try read(nodes, whole))
        case .uint32: .uint32(try read(nodes, whole))
        case .uint16: .uint16(try read(nodes, whole))
        case .uint8: .uint8(try read(nodes, whole))
        case .bool: .bool(try read(nodes, flag))
        case .string: .string(try read(nodes, text))
        }
    }

    private func read<Value>(_ nodes: [JSONNode], _ value: (JSONNode) -> Value?) throws(Problem) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() {
            guard let value = value(node) else {
                throw Problem(
                    .invalid, "scoring.input.type",
                    "Input '\(input.name.printable)' has \(Self.describe(node)) in row \(index / width).",
                    why: "The model takes \(input.datatype.rawValue) there.")
            }
            values.append(value)
        }
        return values
    }

    /// A missing number is NaN.
    private func number(_ node: JSONNode) -> Double? {
        switch node {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .null: .nan
        case .string(let text) where isText: Double(text)
        default: nil
        }
    }

    /// Also written with a fraction of zero, as tables of floating numbers do.
    private func whole<Value: FixedWidthInteger>(_ node: JSONNode) -> Value? {
        switch node {
        case .integer(let value): Value(exactly: value)
        case .number(let value): Value(exactly: value)
        case .string(let text) where isText: Value(text) ?? Double(text).flatMap { Value(exactly: $0) }
        default: nil
        }
    }

    private func flag(_ node: JSONNode) -> Bool? {
        switch node {
        case .bool(let value): value
        case .string(let text) where isText: ["true": true, "1": true, "false": false, "0": false][text.lowercased()]
        default: nil
        }
    }

    private func text(_ node: JSONNode) -> String? {
        switch node {
        case .string(let value): value
        case .null where isText: ""
        default: nil
        }
    }

    private static func describe(_ node: JSONNode) -> String {
        switch node {
        case .null: "no value"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): "the text '\(String(value.prefix(40)).printable)'"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
