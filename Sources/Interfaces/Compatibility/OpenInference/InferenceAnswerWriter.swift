// SPDX-License-Identifier: Apache-2.0

import Backends
package import Serving

/// Writes the answer to an infer request.
package enum InferenceAnswerWriter {
    /// - Returns: The body, and the length of its JSON head when raw outputs follow it.
    package static func write(_ answer: InferenceAnswer, to body: InferenceBody) -> (bytes: [UInt8], headLength: Int?) {
        let elements = answer.outputs.reduce(0) { $0 + $1.values.count }
        var text = JSONText(capacity: 384 + elements * 14)
        text.append(raw: "{\"model_name\":")
        text.append(answer.endpoint)
        text.append(raw: ",\"model_version\":")
        text.append(answer.versions.map(String.init).joined(separator: ","))
        text.append(raw: ",\"id\":")
        text.append(body.id.flatMap { $0.isEmpty ? nil : $0 } ?? answer.id)
        text.append(raw: ",\"parameters\":{\"prediction_id\":")
        text.append(answer.id)
        text.append(raw: "},\"outputs\":[")
        var raw: [TensorValues] = []
        for (index, output) in answer.outputs.enumerated() {
            if index > 0 { text.append(raw: ",") }
            append(output, isBinary: body.isBinary(output.name), to: &text)
            if body.isBinary(output.name) { raw.append(output.values) }
        }
        text.append(raw: "]}")
        guard !raw.isEmpty else { return (text.bytes, nil) }
        let headLength = text.bytes.count
        for values in raw { RawTensor.append(values, to: &text.bytes) }
        return (text.bytes, headLength)
    }

    private static func append(_ output: Tensor, isBinary: Bool, to text: inout JSONText) {
        text.append(raw: "{\"name\":")
        text.append(output.name)
        text.append(raw: ",\"shape\":[")
        for (axis, size) in output.shape.enumerated() {
            if axis > 0 { text.append(raw: ",") }
            text.append(size)
        }
        text.append(raw: "],\"datatype\":")
        text.append(output.values.datatype.rawValue)
        if isBinary {
            text.append(raw: ",\"parameters\":{\"binary_data_size\":")
            text.append(RawTensor.byteCount(output.values))
            text.append(raw: "}}")
        } else {
            if case .bytes = output.values { text.append(raw: ",\"parameters\":{\"content_type\":\"base64\"}") }
            text.append(raw: ",\"data\":[")
            switch output.values {
            case .float32(let values): append(values, to: &text) { $0.append($1) }
            case .float64(let values): append(values, to: &text) { $0.append($1) }
            case .int64(let values): append(values, to: &text) { $0.append($1) }
            case .int32(let values): append(values, to: &text) { $0.append($1) }
            case .bool(let values): append(values, to: &text) { $0.append($1) }
            case .string(let values): append(values, to: &text) { $0.append($1) }
            case .bytes(let values): append(values, to: &text) { $0.append(base64: $1) }
            case .float16(let values): append(values, to: &text) { $0.append($1) }
            case .bfloat16(let values): append(values, to: &text) { $0.append($1.float) }
            case .int16(let values): append(values, to: &text) { $0.append($1) }
            case .int8(let values): append(values, to: &text) { $0.append($1) }
            case .uint64(let values): append(values, to: &text) { $0.append($1) }
            case .uint32(let values): append(values, to: &text) { $0.append($1) }
            case .uint16(let values): append(values, to: &text) { $0.append($1) }
            case .uint8(let values): append(values, to: &text) { $0.append($1) }
            }
            text.append(raw: "]}")
        }
    }

    private static func append<Value>(_ values: [Value], to text: inout JSONText, _ write: (inout JSONText, Value) -> Void) {
        for (index, value) in values.enumerated() {
            if index > 0 { text.append(raw: ",") }
            write(&text, value)
        }
    }
}
