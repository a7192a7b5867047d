// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Taking rows out of tensors and putting them together again, so that one request can be answered by several revisions.
extension Tensor {
    /// Values of one row.
    var valuesPerRow: Int { shape.dropFirst().reduce(1, *) }

    /// Whether there are as many values as the shape says.
    var isComplete: Bool {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            if overflow || size < 0 { return false }
            count = product
        }
        return count == values.count
    }

    /// The given rows, in the given order. O(values taken).
    func taking(rows: [Int]) -> Tensor {
        Tensor(name: name, shape: [rows.count] + shape.dropFirst(), values: values.taking(rows: rows, width: valuesPerRow))
    }

    /// A tensor of `count` rows in which `parts[k]` gives the rows `rows[k]`.
    ///
    /// - Throws: `Problem` `.internal` when the parts differ in type or row shape, or one has not a value for each of its rows.
    static func merging(_ parts: [Tensor], rows: [[Int]], count: Int) throws(Problem) -> Tensor {
        guard let first = parts.first else { preconditionFailure("Something was merged.") }
        let width = first.valuesPerRow
        var values = first.values.empty(count: count * width)
        for (part, rows) in zip(parts, rows) {
            guard part.shape.first == rows.count, part.shape.dropFirst() == first.shape.dropFirst(), part.isComplete,
                values.place(part.values, at: rows, width: width)
            else {
                throw Problem(
                    .internal, "serving.output.differs", "The revisions answer '\(first.name.printable)' in different shapes or types.",
                    fix: "Release versions of one endpoint with the same signature.")
            }
        }
        return Tensor(name: first.name, shape: [count] + first.shape.dropFirst(), values: values)
    }

    /// Whether every value is a number that JSON can carry.
    var isFinite: Bool {
        switch values {
        case .float32(let values): values.allSatisfy(\.isFinite)
        case .float64(let values): values.allSatisfy(\.isFinite)
        case .float16(let values): values.allSatisfy(\.isFinite)
        case .bfloat16(let values): values.allSatisfy(\.float.isFinite)
        default: true
        }
    }

    /// The value in each row's last column, not a number where it is not finite; nil unless the tensor has floating values in `rows` rows.
    func lastColumn(rows: Int) -> [Double]? {
        guard shape.first == rows, isComplete else { return nil }
        let width = valuesPerRow
        guard width > 0 else { return nil }
        func last(_ value: (Int) -> Double) -> [Double] {
            (0..<rows).map { row in
                let value = value(row * width + width - 1)
                return value.isFinite ? value : .nan
            }
        }
        return switch values {
        case .float32(let values): last { Double(values[$0]) }
        case .float64(let values): last { values[$0] }
        case .float16(let values): last { Double(values[$0]) }
        case .bfloat16(let values): last { Double(values[$0].float) }
        default: nil
        }
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
        case .bytes(let values): .bytes(take(values))
        case .float16(let values): .float16(take(values))
        case .bfloat16(let values): .bfloat16(take(values))
        case .int16(let values): .int16(take(values))
        case .int8(let values): .int8(take(values))
        case .uint64(let values): .uint64(take(values))
        case .uint32(let values): .uint32(take(values))
        case .uint16(let values): .uint16(take(values))
        case .uint8(let values): .uint8(take(values))
        }
    }

    /// As many zeros of the same type.
    fileprivate func empty(count: Int) -> TensorValues {
        switch self {
        case .float32: .float32(Array(repeating: 0, count: count))
        case .float64: .float64(Array(repeating: 0, count: count))
        case .int64: .int64(Array(repeating: 0, count: count))
        case .int32: .int32(Array(repeating: 0, count: count))
        case .bool: .bool(Array(repeating: false, count: count))
        case .string: .string(Array(repeating: "", count: count))
        case .bytes: .bytes(Array(repeating: [], count: count))
        case .float16: .float16(Array(repeating: 0, count: count))
        case .bfloat16: .bfloat16(Array(repeating: BFloat16(0), count: count))
        case .int16: .int16(Array(repeating: 0, count: count))
        case .int8: .int8(Array(repeating: 0, count: count))
        case .uint64: .uint64(Array(repeating: 0, count: count))
        case .uint32: .uint32(Array(repeating: 0, count: count))
        case .uint16: .uint16(Array(repeating: 0, count: count))
        case .uint8: .uint8(Array(repeating: 0, count: count))
        }
    }

    /// Writes `part`'s rows to the given places; false when it is of another type.
    fileprivate mutating func place(_ part: TensorValues, at rows: [Int], width: Int) -> Bool {
        func placing<Value>(_ part: [Value], in values: consuming [Value]) -> [Value] {
            var source = 0
            for row in rows {
                for target in row * width..<(row + 1) * width {
                    values[target] = part[source]
                    source += 1
                }
            }
            return values
        }
        switch (self, part) {
        case (.float32(let values), .float32(let part)): self = .float32(placing(part, in: values))
        case (.float64(let values), .float64(let part)): self = .float64(placing(part, in: values))
        case (.int64(let values), .int64(let part)): self = .int64(placing(part, in: values))
        case (.int32(let values), .int32(let part)): self = .int32(placing(part, in: values))
        case (.bool(let values), .bool(let part)): self = .bool(placing(part, in: values))
        case (.string(let values), .string(let part)): self = .string(placing(part, in: values))
        case (.bytes(let values), .bytes(let part)): self = .bytes(placing(part, in: values))
        // One part may have been text and another not.
        case (.string(let values), .bytes(let part)): self = .bytes(placing(part, in: values.map { Array($0.utf8) }))
        case (.bytes(let values), .string(let part)): self = .bytes(placing(part.map { Array($0.utf8) }, in: values))
        case (.float16(let values), .float16(let part)): self = .float16(placing(part, in: values))
        case (.bfloat16(let values), .bfloat16(let part)): self = .bfloat16(placing(part, in: values))
        case (.int16(let values), .int16(let part)): self = .int16(placing(part, in: values))
        case (.int8(let values), .int8(let part)): self = .int8(placing(part, in: values))
        case (.uint64(let values), .uint64(let part)): self = .uint64(placing(part, in: values))
        case (.uint32(let values), .uint32(let part)): self = .uint32(placing(part, in: values))
        case (.uint16(let values), .uint16(let part)): self = .uint16(placing(part, in: values))
        case (.uint8(let values), .uint8(let part)): self = .uint8(placing(part, in: values))
        default: return false
        }
        return true
    }
}
