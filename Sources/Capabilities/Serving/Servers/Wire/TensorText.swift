// SPDX-License-Identifier: Apache-2.0

import Backends

extension JSONText {
    /// All elements, one after the other, in brackets. What is no finite number is null.
    mutating func append(elementsOf values: TensorValues) {
        bytes.append(UInt8(ascii: "["))
        for index in 0..<values.count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(values, at: index)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The tensor as nested lists; a list of scalars when it has one dimension.
    mutating func append(nested tensor: Tensor) {
        var next = 0
        func level(_ axis: Int, _ text: inout JSONText) {
            guard axis < tensor.shape.count else {
                text.append(tensor.values, at: next)
                next += 1
                return
            }
            text.bytes.append(UInt8(ascii: "["))
            for position in 0..<tensor.shape[axis] {
                if position > 0 { text.bytes.append(UInt8(ascii: ",")) }
                level(axis + 1, &text)
            }
            text.bytes.append(UInt8(ascii: "]"))
        }
        level(0, &self)
    }

    mutating func append(_ values: TensorValues, at index: Int) {
        switch values {
        case .float32(let values): append(values[index])
        case .float64(let values): append(values[index])
        case .int64(let values): append(values[index])
        case .int32(let values): append(values[index])
        case .bool(let values): append(values[index])
        case .string(let values): append(values[index])
        }
    }
}
