// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Base64 (CEL encoders extension).
enum EncoderExtension {
    static let all: [Function] = [
        Function("base64.encode", [.function(.bytes, gives: .string)]) { arguments, meter throws(ExpressionError) in
            guard case .bytes(let bytes) = arguments[0] else { return nil }
            try meter.charge(text: bytes.count)
            return try meter.make(Data(bytes).base64EncodedString())
        },
        Function("base64.decode", [.function(.string, gives: .bytes)]) { arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0] else { return nil }
            try meter.charge(text: text.utf8.count)
            try meter.allocate(text.utf8.count)
            // Padding may be left out.
            let isPadded = text.hasSuffix("=")
            let padding = isPadded ? "" : String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
            guard let data = Data(base64Encoded: text + padding) else {
                throw ExpressionError(.conversion, "The text is no base64.", fix: "Use the letters, digits, '+' and '/'.")
            }
            return .bytes(Array(data))
        },
    ]
}
