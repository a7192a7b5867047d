// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Numbers, texts and whole values.
extension JSONCursor {
    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The double nearest to the number written.
    ///
    /// Up to 2^53 and 22 decimal places one exact division or multiplication gives it (Clinger 1990); beyond, `strtod` does.
    package mutating func number() throws -> Double {
        guard let first = peek() else { throw fault("it ends where a number should stand") }
        let start = position
        let isNegative = first == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        let whole = takeDigits(into: &mantissa, counting: &digits)
        guard whole > 0 else {
            position = start
            throw notANumber()
        }
        guard whole == 1 || bytes[isNegative ? start + 1 : start] != UInt8(ascii: "0") else {
            position = start
            throw fault("a number must not begin with 0")
        }
        var exponent = 0
        if position < end, bytes[position] == UInt8(ascii: ".") {
            position += 1
            let places = takeDigits(into: &mantissa, counting: &digits)
            guard places > 0 else { throw fault("digits should follow the decimal point") }
            exponent = -places
        }
        if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") { exponent += try takeExponent() }
        guard digits <= 19, mantissa <= 1 << 53, abs(exponent) <= 22 else { return try distantNumber(from: start) }
        let value =
            exponent < 0 ? Double(mantissa) / Self.powersOfTen[-exponent] : Double(mantissa) * Self.powersOfTen[exponent]
        return isNegative ? -value : value
    }

    /// - Throws: Also for a number with a fraction or exponent, and for one that 64 bits cannot hold.
    package mutating func integer() throws -> Int64 {
        try whole()
    }

    /// - Throws: As `integer`, and for a negative number.
    package mutating func unsignedInteger() throws -> UInt64 {
        try whole()
    }

    private mutating func whole<Value: FixedWidthInteger>() throws -> Value {
        guard let first = peek() else { throw fault("it ends where a whole number should stand") }
        let start = position
        let isNegative = first == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var value: Value = 0
        var count = 0
        while position < end, case let digit = bytes[position] &- UInt8(ascii: "0"), digit <= 9 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) =
                isNegative ? product.subtractingReportingOverflow(Value(digit)) : product.addingReportingOverflow(Value(digit))
            guard !overflow, !overflows else {
                position = start
                throw fault(isNegative && !Value.isSigned ? "the number is negative" : "the number does not fit 64 bits")
            }
            value = sum
            count += 1
            position += 1
        }
        let isFraction = position < end && (bytes[position] == UInt8(ascii: ".") || bytes[position] | 0x20 == UInt8(ascii: "e"))
        let hasLeadingZero = count > 1 && bytes[isNegative ? start + 1 : start] == UInt8(ascii: "0")
        guard count > 0, !isFraction, !hasLeadingZero else {
            position = start
            throw count == 0 ? notANumber() : fault(isFraction ? "a whole number should stand here" : "a number must not begin with 0")
        }
        return value
    }

    package mutating func string() throws -> String {
        guard peek() == UInt8(ascii: "\"") else { throw fault("a text in double quotes should stand here, not \(describe(peek()))") }
        let start = position
        position += 1
        let first = position
        var union: UInt8 = 0
        while position < end {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                // ASCII, as names nearly always are, needs no validation.
                if union < 0x80 { return String(decoding: bytes[first..<position], as: UTF8.self) }
                return try text(bytes[first..<position], from: start)
            case UInt8(ascii: "\\"): return try escapedString(from: start, first: first)
            case 0..<0x20: throw fault("a text must not hold control characters")
            default:
                union |= byte
                position += 1
            }
        }
        position = start
        throw fault("the text that begins here does not end")
    }

    /// Any value, built; for content whose shape is the user's.
    package mutating func value() throws -> JSONValue {
        switch peek() {
        case UInt8(ascii: "{"):
            var members: [String: JSONValue] = [:]
            try forEachMember { cursor, name in members[name] = try cursor.value() }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try forEachElement { elements.append(try $0.value()) }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try bool())
        case UInt8(ascii: "n"):
            _ = try takeNull()
            return .null
        default:
            let start = position
            let value = try number()
            let isWhole = !bytes[start..<position].contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
            if isWhole {
                var again = self
                again.position = start
                if let integer = try? again.integer() { return .integer(integer) }
            }
            return .number(value)
        }
    }

    /// - Returns: How many digits there were; those beyond the nineteenth significant one are counted but not in `mantissa`.
    private mutating func takeDigits(into mantissa: inout UInt64, counting significant: inout Int) -> Int {
        let start = position
        while position < end, case let digit = bytes[position] &- UInt8(ascii: "0"), digit <= 9 {
            if significant < 19 { mantissa = mantissa * 10 + UInt64(digit) }
            if significant > 0 || digit > 0 { significant += 1 }
            position += 1
        }
        return position - start
    }

    private mutating func takeExponent() throws -> Int {
        position += 1
        var isNegative = false
        if position < end, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            isNegative = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        var exponent: UInt64 = 0
        var significant = 0
        guard takeDigits(into: &exponent, counting: &significant) > 0 else { throw fault("digits should follow the exponent's 'e'") }
        let size = Int(min(exponent, 1 << 30))
        return isNegative ? -size : size
    }

    private func distantNumber(from start: Int) throws -> Double {
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
            throw Fault(reason: "the number is beyond what a double can hold", position: start)
        }
        return value
    }

    private func notANumber() -> Fault {
        switch bytes[position] {
        case UInt8(ascii: "N"), UInt8(ascii: "I"):
            fault("NaN and Infinity are not JSON; a missing number is written null")
        case UInt8(ascii: "-") where position + 1 < end && bytes[position + 1] == UInt8(ascii: "I"):
            fault("NaN and Infinity are not JSON; a missing number is written null")
        default: fault("a number should stand here, not \(describe(bytes[position]))")
        }
    }

    private func text(_ bytes: some Collection<UInt8>, from start: Int) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault(reason: "the text that begins here is not UTF-8", position: start)
        }
        return text
    }

    /// From the first backslash on; `position` is at it.
    private mutating func escapedString(from start: Int, first: Int) throws -> String {
        var buffer = Array(bytes[first..<position])
        while position < end {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(buffer, from: start)
            case UInt8(ascii: "\\"): try takeEscape(into: &buffer)
            case 0..<0x20:
                position -= 1
                throw fault("a text must not hold control characters")
            default: buffer.append(byte)
            }
        }
        position = start
        throw fault("the text that begins here does not end")
    }

    private mutating func takeEscape(into buffer: inout [UInt8]) throws {
        guard position < end else { throw fault("it ends within a text") }
        let escape = bytes[position]
        position += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(escape)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"): buffer.append(contentsOf: String(Character(try takeEscapedScalar())).utf8)
        default:
            position -= 1
            throw fault("'\\' must not be followed by \(describe(escape))")
        }
    }

    private mutating func takeEscapedScalar() throws -> Unicode.Scalar {
        let high = try takeHexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, position + 1 < end, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") else {
            throw fault("half of a surrogate pair stands alone")
        }
        position += 2
        let low = try takeHexadecimal()
        guard (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
            throw fault("half of a surrogate pair stands alone")
        }
        return scalar
    }

    private mutating func takeHexadecimal() throws -> UInt32 {
        guard position + 4 <= end else { throw fault("it ends within a text") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four hexadecimal digits should follow '\\u'")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
