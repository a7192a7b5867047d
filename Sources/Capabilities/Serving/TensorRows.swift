// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Taking rows out of tensors and putting them together again, so that one request can be answered by several revisions.
extension Tensor {
    /// Values of one row.
    var valuesPerRow: Int { shape.dropFirst().reduce(1, *) }

    /// The given rows, in the given order. O(values taken).
    func taking(rows: [Int]) -> Tensor {
        Tensor(name: name, shape: [rows.count] + shape.dropFirst(), values: values.taking(rows: rows, width: valuesPerRow))
    }

    /// A tensor of `count` rows in which `parts[k]` gives the rows `rows[k]`. All parts agree in name, type and row shape.
    static func merging(_ parts: [Tensor], rows: [[Int]], count: Int) throws -> Tensor {
        guard let first = parts.first else { preconditionFailure("Something was merged.") }
        if parts.count == 1 { return first }
        guard parts.allSatisfy({ $0.values.datatype == first.values.datatype && $0.shape.dropFirst() == first.shape.dropFirst() }) else {
            throw Problem(
                .internal, "serving.output.differs", "The revisions answer '\(first.name)' in different shapes or types.",
                fix: "Release versions of one endpoint with the same signature.")
        }
        let width = first.valuesPerRow
        let values = TensorValues.merging(parts.map(\.values), rows: rows, count: count, width: width)
        return Tensor(name: first.name, shape: [count] + first.shape.dropFirst(), values: values)
    }

    /// The value at a row's last column as a number; nil for other types.
    func lastValue(ofRow row: Int) -> Double? {
        let index = row * valuesPerRow + valuesPerRow - 1
        return switch values {
        case .float32(let values): Double(values[index])
        case .float64(let values): values[index]
        default: nil
        }
    }

    /// A row's value for the prediction log: a scalar, or a list when the row is wider than one.
    func logged(row: Int) -> JSONValue {
        let width = valuesPerRow
        if width == 1 { return values.logged(at: row) }
        return .array((row * width..<(row + 1) * width).map { values.logged(at: $0) })
    }
}

extension TensorValues {
    fileprivate func taking(rows: [Int], width: Int) -> TensorValues {
        func take<Value>(_ values: [Value]) -> [Value] {
            var taken: [Value] = []
            taken.reserveCapacity(rows.count * width)
            for row in rows { taken.append(contentsOf: values[row * width..<(row + 1) * width]) }
            return taken
        }
        return switch self {
        case .float32(let values): .float32(take(values))
        case .float64(let values): .float64(take(values))
        case .int64(let values): .int64(take(values))
        case .int32(let values): .int32(take(values))
        case .bool(let values): .bool(take(values))
        case .string(let values): .string(take(values))
        }
    }

    fileprivate static func merging(_ parts: [TensorValues], rows: [[Int]], count: Int, width: Int) -> TensorValues {
        func merge<Value>(_ extract: (TensorValues) -> [Value]?) -> [Value]? {
            var merged: [Value] = []
            for (part, rows) in zip(parts, rows) {
                guard let values = extract(part) else { return nil }
                if merged.isEmpty, let filler = values.first { merged = Array(repeating: filler, count: count * width) }
                for (position, row) in rows.enumerated() {
                    for column in 0..<width { merged[row * width + column] = values[position * width + column] }
                }
            }
            return merged
        }
        if let values = merge({ if case .float32(let values) = $0 { values } else { nil } }) { return .float32(values) }
        if let values = merge({ if case .float64(let values) = $0 { values } else { nil } }) { return .float64(values) }
        if let values = merge({ if case .int64(let values) = $0 { values } else { nil } }) { return .int64(values) }
        if let values = merge({ if case .int32(let values) = $0 { values } else { nil } }) { return .int32(values) }
        if let values = merge({ if case .bool(let values) = $0 { values } else { nil } }) { return .bool(values) }
        if let values = merge({ if case .string(let values) = $0 { values } else { nil } }) { return .string(values) }
        preconditionFailure("The parts agree in type.")
    }

    fileprivate func logged(at index: Int) -> JSONValue {
        switch self {
        case .float32(let values): Self.logged(Double(values[index]))
        case .float64(let values): Self.logged(values[index])
        case .int64(let values): .integer(values[index])
        case .int32(let values): .integer(Int64(values[index]))
        case .bool(let values): .bool(values[index])
        case .string(let values): .string(values[index])
        }
    }

    /// JSON has no NaN: a missing number is null.
    private static func logged(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
}
