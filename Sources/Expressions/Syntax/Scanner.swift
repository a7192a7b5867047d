// SPDX-License-Identifier: Apache-2.0

/// Cuts the text of an expression into tokens (CEL specification, "Syntax").
struct Scanner {
    private let source: String
    private let bytes: [UInt8]
    private var position = 0

    init(_ source: String) {
        self.source = source
        bytes = Array(source.utf8)
    }

    /// The last token is the end.
    static func tokens(of source: String) throws(ExpressionError) -> [Token] {
        var scanner = Scanner(source)
        var tokens: [Token] = []
        while true {
            let token = try scanner.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private mutating func next() throws(ExpressionError) -> Token {
        skipSpace()
        let start = position
        guard let first = peek() else { return Token(kind: .end, offset: start) }
        if isDigit(first) || first == UInt8(ascii: ".") && isDigit(peek(1)) { return Token(kind: try number(), offset: start) }
        if isLetter(first) {
            if let literal = try prefixedLiteral() { return Token(kind: literal, offset: start) }
            let name = identifier()
            return Token(kind: name == "in" ? .sign(name) : .identifier(name), offset: start)
        }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            return Token(kind: try literal(isRaw: false, isBytes: false), offset: start)
        }
        if first == UInt8(ascii: "`") { return Token(kind: .quotedIdentifier(try quotedIdentifier()), offset: start) }
        return Token(kind: .sign(try sign()), offset: start)
    }

    private mutating func skipSpace() {
        while let byte = peek() {
            if byte == UInt8(ascii: "/"), peek(1) == byte {
                while let byte = peek(), byte != 10 { position += 1 }
            } else if byte == 32 || (9...10).contains(byte) || (12...13).contains(byte) {
                position += 1
            } else {
                return
            }
        }
    }

    private mutating func sign() throws(ExpressionError) -> String {
        let byte = bytes[position]
        let isDoubled = (byte == UInt8(ascii: "&") || byte == UInt8(ascii: "|")) && peek(1) == byte
        if isDoubled || "=!<>".utf8.contains(byte) && peek(1) == UInt8(ascii: "=") {
            position += 2
            return String(decoding: bytes[position - 2..<position], as: UTF8.self)
        }
        guard "+-*/%<>!?:.,()[]{}".utf8.contains(byte) else {
            let character = source.unicodeScalars[source.utf8.index(source.startIndex, offsetBy: position)]
            throw error(
                "'\(character)' is no sign of an expression.",
                fix: byte == UInt8(ascii: "=") ? "Compare with '=='." : byte == 38 || byte == 124 ? "Write it twice." : nil)
        }
        position += 1
        return String(Unicode.Scalar(byte))
    }

    private mutating func identifier() -> String {
        let start = position
        while let byte = peek(), isLetter(byte) || isDigit(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func quotedIdentifier() throws(ExpressionError) -> String {
        let start = position + 1
        position += 1
        while let byte = peek(), byte != UInt8(ascii: "`") {
            guard isLetter(byte) || isDigit(byte) || ".-/ ".utf8.contains(byte) else {
                throw error(
                    "A quoted name has a character that is not allowed.", fix: "Use letters, digits, '_', '.', '-', '/' and spaces.")
            }
            position += 1
        }
        guard peek() != nil, position > start else { throw error("A quoted name is empty or not closed.", fix: "Close it with '`'.") }
        position += 1
        return String(decoding: bytes[start..<position - 1], as: UTF8.self)
    }

    private mutating func number() throws(ExpressionError) -> Token.Kind {
        let start = position
        if peek() == UInt8(ascii: "0"), peek(1) == UInt8(ascii: "x") {
            position += 2
            while let byte = peek(), Unicode.Scalar(byte).properties.isASCIIHexDigit { position += 1 }
            return try whole(String(decoding: bytes[start + 2..<position], as: UTF8.self), radix: 16)
        }
        skipDigits()
        var isDouble = false
        if peek() == UInt8(ascii: "."), isDigit(peek(1)) {
            isDouble = true
            position += 1
            skipDigits()
        }
        if let exponent = peek(), exponent | 32 == UInt8(ascii: "e") {
            let hasSign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
            if isDigit(peek(hasSign ? 2 : 1)) {
                isDouble = true
                position += hasSign ? 2 : 1
                skipDigits()
            }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard isDouble else { return try whole(text, radix: 10) }
        guard let number = Double(text.hasPrefix(".") ? "0" + text : text), number.isFinite else {
            throw error("The number is too large for a double.")
        }
        return .double(number)
    }

    private mutating func whole(_ digits: String, radix: Int) throws(ExpressionError) -> Token.Kind {
        let isUnsigned = peek().map { $0 | 32 == UInt8(ascii: "u") } ?? false
        if isUnsigned { position += 1 }
        guard !digits.isEmpty else { throw error("Digits are missing after '0x'.") }
        guard let number = UInt64(digits, radix: radix), isUnsigned || number <= UInt64(Int64.max) + 1 else {
            throw error("The whole number needs more than 64 bits.", fix: "Write a double, with a decimal point.")
        }
        return isUnsigned ? .uint(number) : .int(number)
    }

    /// A literal after `r` and `b` in any order and case; nil, and nothing is read, when a name begins here.
    private mutating func prefixedLiteral() throws(ExpressionError) -> Token.Kind? {
        var isRaw = false
        var isBytes = false
        var length = 0
        while length < 2, let byte = peek(length) {
            if byte | 32 == UInt8(ascii: "r"), !isRaw {
                isRaw = true
            } else if byte | 32 == UInt8(ascii: "b"), !isBytes {
                isBytes = true
            } else {
                break
            }
            length += 1
        }
        guard length > 0, let quote = peek(length), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        position += length
        return try literal(isRaw: isRaw, isBytes: isBytes)
    }

    private mutating func literal(isRaw: Bool, isBytes: Bool) throws(ExpressionError) -> Token.Kind {
        var reader = LiteralReader(source: source, bytes: bytes, position: position, isRaw: isRaw, isBytes: isBytes)
        let content = try reader.read()
        position = reader.position
        return isBytes ? .bytes(content) : .string(String(decoding: content, as: UTF8.self))
    }

    private mutating func skipDigits() {
        while isDigit(peek()) { position += 1 }
    }

    private func peek(_ ahead: Int = 0) -> UInt8? { position + ahead < bytes.count ? bytes[position + ahead] : nil }

    private func isDigit(_ byte: UInt8?) -> Bool { byte.map { (48...57).contains($0) } ?? false }

    private func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (65...90).contains(byte) || byte == 95 }

    private func error(_ what: String, fix: String? = nil) -> ExpressionError {
        ExpressionError(.syntax, what, fix: fix).located(at: position, in: source)
    }
}
