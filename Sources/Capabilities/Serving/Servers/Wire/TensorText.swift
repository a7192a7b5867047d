// SPDX-License-Identifier: Apache-2.0

import Backends

extension JSONText {
    /// All elements, one after the other, in brackets. What is no finite number is null.
    mutating func append(elementsOf values: TensorValues) {
        bytes.append(UInt8(ascii: "["))
        for index in 0..<values.count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            values.write(at: index, to: &self)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The tensor as nested lists; a list of scalars when it has one dimension.
    mutating func append(nested tensor: Tensor) {
        var next = 0
        func level(_ axis: Int, _ text: inout JSONText) {
            guard axis < tensor.shape.count else {
                tensor.values.write(at: next, to: &text)
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
}
