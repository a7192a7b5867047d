// SPDX-License-Identifier: Apache-2.0

/// Reads `[a-z[:digit:]\pL]` and the escapes that stand for characters.
struct CharacterClassParser {
    private let scalars: [Unicode.Scalar]
    private(set) var position: Int
    private let ignoresCase: Bool

    /// - Parameter position: Behind the opening bracket, or behind the backslash.
    init(_ scalars: [Unicode.Scalar], at position: Int, ignoresCase: Bool) {
        self.scalars = scalars
        self.position = position
        self.ignoresCase = ignoresCase
    }

    mutating func parse() throws(RegularExpressionError) -> CharacterSet {
        let isNegated = take("^")
        var parts: [CharacterSet.Part] = []
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while let next = peek, next != "]" || isFirst {
            isFirst = false
            if next == "[", position + 1 < scalars.count, scalars[position + 1] == ":", let part = try posix() {
                parts.append(part)
                continue
            }
            let first = try member()
            guard first.ranges.count == 1, !first.isNegated, first.categories.isEmpty, let low = first.ranges.first, low.count == 1,
                peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]"
            else {
                parts.append(first)
                continue
            }
            position += 1
            let second = try member()
            guard second.ranges.count == 1, !second.isNegated, let high = second.ranges.first, high.count == 1,
                low.lowerBound <= high.lowerBound
            else { throw error("has a range in a class that ends before it begins") }
            ranges.append(low.lowerBound...high.lowerBound)
        }
        guard take("]") else { throw error("has a class that is not closed") }
        if !ranges.isEmpty { parts.append(CharacterSet.Part(ranges: ranges)) }
        return CharacterSet(parts, isNegated: isNegated, ignoresCase: ignoresCase)
    }

    /// What a backslash begins; the position is behind it.
    mutating func escape() throws(RegularExpressionError) -> CharacterSet.Part {
        guard let next = peek else { throw error("ends with a backslash") }
        position += 1
        if let perl = CharacterSet.Part.perl(next) { return perl }
        switch next {
        case "a": return single(7)
        case "f": return single(12)
        case "n": return single(10)
        case "r": return single(13)
        case "t": return single(9)
        case "v": return single(11)
        case "x": return single(try hexadecimal())
        case "p", "P": return try property(isNegated: next == "P")
        case "0": return single(octal(from: 0, digits: 2))
        case "1"..."7":
            guard let following = peek, ("0"..."7").contains(following) else {
                throw error("refers back to a group, which needs more than one pass over the text")
            }
            return single(octal(from: next.value - 48, digits: 2))
        default:
            guard next.isASCII, !next.properties.isAlphabetic, next.properties.numericType == nil else {
                throw error("has the unknown escape '\\\(next)'")
            }
            return single(next.value)
        }
    }

    private mutating func member() throws(RegularExpressionError) -> CharacterSet.Part {
        guard let next = peek else { throw error("has a class that is not closed") }
        position += 1
        return next == "\\" ? try escape() : single(next.value)
    }

    /// Nil, and nothing is read, when this is no class name.
    private mutating func posix() throws(RegularExpressionError) -> CharacterSet.Part? {
        let start = position
        position += 2
        let isNegated = take("^")
        var name = ""
        while let next = peek, ("a"..."z").contains(next) {
            name.unicodeScalars.append(next)
            position += 1
        }
        guard take(":"), take("]") else {
            position = start
            return nil
        }
        guard let part = CharacterSet.Part.posix(name) else { throw error("has the unknown class '[:\(name):]'") }
        return isNegated ? part.negated : part
    }

    private mutating func property(isNegated: Bool) throws(RegularExpressionError) -> CharacterSet.Part {
        var name = ""
        var isNegated = isNegated
        if take("{") {
            if take("^") { isNegated.toggle() }
            while let next = peek, next != "}", name.utf8.count < 32 {
                name.unicodeScalars.append(next)
                position += 1
            }
            guard take("}") else { throw error("has a Unicode class that is not closed") }
        } else if let next = peek {
            name.unicodeScalars.append(next)
            position += 1
        }
        guard let part = CharacterSet.Part.unicode(name) else { throw error("has the unknown Unicode class '\(name)'") }
        return isNegated ? part.negated : part
    }

    private mutating func hexadecimal() throws(RegularExpressionError) -> UInt32 {
        var digits = ""
        let isBraced = take("{")
        while let next = peek, next.properties.isASCIIHexDigit, digits.utf8.count < (isBraced ? 6 : 2) {
            digits.unicodeScalars.append(next)
            position += 1
        }
        guard let value = UInt32(digits, radix: 16), Unicode.Scalar(value) != nil, isBraced ? take("}") : digits.utf8.count == 2 else {
            throw error("has a number of a character that is not one")
        }
        return value
    }

    private mutating func octal(from first: UInt32, digits: Int) -> UInt32 {
        var value = first
        for _ in 0..<digits {
            guard let next = peek, ("0"..."7").contains(next) else { break }
            value = value * 8 + next.value - 48
            position += 1
        }
        return value
    }

    private func single(_ value: UInt32) -> CharacterSet.Part { CharacterSet.Part(ranges: [value...value]) }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private func error(_ reason: String) -> RegularExpressionError { RegularExpressionError(reason, at: position) }
}
