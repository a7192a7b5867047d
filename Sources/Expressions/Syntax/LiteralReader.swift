// SPDX-License-Identifier: Apache-2.0

/// Reads a string or bytes literal with its escapes (CEL specification, "String and Bytes Values").
struct LiteralReader {
    let source: String
    let bytes: [UInt8]
    /// At the opening quote; after reading, behind the closing one.
    var position: Int
    let isRaw: Bool
    let isBytes: Bool

    /// The content in UTF-8, or of a bytes literal as it is.
    mutating func read() throws(ExpressionError) -> [UInt8] {
        let start = position
        let quote = bytes[position]
        let isTriple = bytes[position...].starts(with: [quote, quote, quote])
        let delimiter = Array(repeating: quote, count: isTriple ? 3 : 1)
        position += delimiter.count
        var content: [UInt8] = []
        while position < bytes.count {
            if bytes[position] == quote, bytes[position...].starts(with: delimiter) {
                position += delimiter.count
                return content
            }
            let byte = bytes[position]
            if !isTriple, byte == 10 || byte == 13 { break }
            if byte == UInt8(ascii: "\\"), !isRaw {
                try escape(into: &content)
            } else {
                content.append(byte)
                position += 1
            }
        }
        throw ExpressionError(.syntax, "The text is not closed.", fix: "Close it with \(String(decoding: delimiter, as: UTF8.self)).")
            .located(at: start, in: source)
    }

    private mutating func escape(into content: inout [UInt8]) throws(ExpressionError) {
        let start = position
        position += 1
        guard position < bytes.count else { return }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "a"): content.append(7)
        case UInt8(ascii: "b"): content.append(8)
        case UInt8(ascii: "f"): content.append(12)
        case UInt8(ascii: "n"): content.append(10)
        case UInt8(ascii: "r"): content.append(13)
        case UInt8(ascii: "t"): content.append(9)
        case UInt8(ascii: "v"): content.append(11)
        case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): content.append(letter)
        case UInt8(ascii: "x"), UInt8(ascii: "X"): try append(number(of: 2, radix: 16, from: start), to: &content, isOctet: true, start)
        case UInt8(ascii: "u") where !isBytes: try append(number(of: 4, radix: 16, from: start), to: &content, isOctet: false, start)
        case UInt8(ascii: "U") where !isBytes: try append(number(of: 8, radix: 16, from: start), to: &content, isOctet: false, start)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            position -= 1
            try append(number(of: 3, radix: 8, from: start), to: &content, isOctet: true, start)
        default: throw unknown(from: start)
        }
    }

    private mutating func append(_ number: UInt32, to content: inout [UInt8], isOctet: Bool, _ start: Int) throws(ExpressionError) {
        if isOctet, isBytes {
            content.append(UInt8(truncatingIfNeeded: number))
            return
        }
        guard let scalar = Unicode.Scalar(number) else { throw unknown(from: start) }
        content += Array(String(scalar).utf8)
    }

    private mutating func number(of digits: Int, radix: Int, from start: Int) throws(ExpressionError) -> UInt32 {
        guard position + digits <= bytes.count else { throw unknown(from: start) }
        let text = String(decoding: bytes[position..<position + digits], as: UTF8.self)
        guard !text.hasPrefix("+"), !text.hasPrefix("-"), let number = UInt32(text, radix: radix) else { throw unknown(from: start) }
        position += digits
        return number
    }

    private func unknown(from start: Int) -> ExpressionError {
        ExpressionError(
            .syntax, "The text has an escape that does not exist.",
            fix: "Write '\\\\' for a backslash, or put 'r' in front of the text to read it without escapes."
        ).located(at: start, in: source)
    }
}
