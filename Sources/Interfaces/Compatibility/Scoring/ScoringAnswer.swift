// SPDX-License-Identifier: Apache-2.0

package import Backends
import Serving

/// Predictions as a list with an element for each row: the value of the model's output, or an object when it has several.
package enum ScoringAnswer {
    /// - Parameter rows: How many rows were asked about.
    /// - Returns: `{"predictions": …}`; an object of whole outputs when one of them has not that many rows.
    package static func write(_ outputs: [Tensor], rows: Int) -> [UInt8] {
        var text = JSONText(capacity: 64 + outputs.reduce(0) { $0 + $1.values.count } * 16)
        text.append(raw: "{\"predictions\":")
        if outputs.allSatisfy({ $0.shape.first == rows }) {
            list(rows, &text) { row, text in
                if outputs.count == 1, let output = outputs.first { return write(output, row: row, to: &text) }
                object(outputs, &text) { write($0, row: row, to: &$1) }
            }
        } else {
            object(outputs, &text) { output, text in
                var position = 0
                write(output.values, shape: output.shape[...], from: &position, to: &text)
            }
        }
        text.append(raw: "}")
        return text.bytes
    }

    /// A row of one value is that value.
    private static func write(_ output: Tensor, row: Int, to text: inout JSONText) {
        let shape = output.shape.dropFirst()
        let width = shape.reduce(1, *)
        var position = row * width
        write(output.values, shape: width == 1 ? [] : shape, from: &position, to: &text)
    }

    private static func write(_ values: TensorValues, shape: ArraySlice<Int>, from position: inout Int, to text: inout JSONText) {
        guard let size = shape.first else {
            values.write(at: position, to: &text)
            position += 1
            return
        }
        text.append(raw: "[")
        for index in 0..<size {
            if index > 0 { text.append(raw: ",") }
            write(values, shape: shape.dropFirst(), from: &position, to: &text)
        }
        text.append(raw: "]")
    }

    private static func list(_ count: Int, _ text: inout JSONText, _ write: (Int, inout JSONText) -> Void) {
        text.append(raw: "[")
        for index in 0..<count {
            if index > 0 { text.append(raw: ",") }
            write(index, &text)
        }
        text.append(raw: "]")
    }

    private static func object(_ outputs: [Tensor], _ text: inout JSONText, _ write: (Tensor, inout JSONText) -> Void) {
        text.append(raw: "{")
        for (index, output) in outputs.enumerated() {
            if index > 0 { text.append(raw: ",") }
            text.append(output.name)
            text.append(raw: ":")
            write(output, &text)
        }
        text.append(raw: "}")
    }
}
