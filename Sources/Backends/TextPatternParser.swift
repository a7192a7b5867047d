// SPDX-License-Identifier: Apache-2.0

import Domain

/// Reads the text of a `TextPattern`.
struct TextPatternParser {
    private static let maximumDepth = 20
    private static let maximumRepetition = 100

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) throws(Problem) {
        guard text.utf8.count <= TextPattern.maximumBytes, !text.isEmpty else {
            throw Problem(
                .invalid, "database.pattern.length", "The regular expression has \(text.utf8.count) bytes.",
                why: "It has 1 to \(TextPattern.maximumBytes).")
        }
        scalars = Array(text.unicodeScalars)
    }

    mutating func pattern() throws(Problem) -> TextPatternNode {
        let node = try choice()
        guard position == scalars.count else { throw refusal("a bracket is closed that was not opened") }
        return node
    }

    private mutating func choice() throws(Problem) -> TextPatternNode {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence() throws(Problem) -> TextPatternNode {
        var parts: [TextPatternNode] = []
        while let next = peek(), next != "|", next != ")" {
            parts.append(try repeated(try atom()))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func repeated(_ node: TextPatternNode) throws(Problem) -> TextPatternNode {
        let from: Int
        let to: Int?
        switch peek() {
        case "*": (from, to) = (0, nil)
        case "+": (from, to) = (1, nil)
        case "?": (from, to) = (0, 1)
        case "{":
            position += 1
            guard let low = number() else { throw refusal("a number is missing after '{'") }
            let high = take(",") ? number() : low
            guard peek() == "}" else { throw refusal("'{' is not closed") }
            (from, to) = (low, high)
        default: return node
        }
        position += 1
        guard max(from, to ?? 0) <= Self.maximumRepetition, from <= to ?? from else {
            throw refusal("a repetition is of more than \(Self.maximumRepetition), or ends before it begins")
        }
        switch node {
        case .start, .end: throw refusal("'^' and '$' cannot be repeated")
        default: break
        }
        // That as little as possible be taken changes nothing about whether there is a match.
        _ = take("?")
        if let next = peek(), "*+?{".unicodeScalars.contains(next) { throw refusal("a repetition is repeated without a group") }
        return .repetition(node, from: from, to: to)
    }

    private mutating func atom() throws(Problem) -> TextPatternNode {
        guard let next = peek() else { throw refusal("something is missing at its end") }
        position += 1
        switch next {
        case "^": return .start
        case "$": return .end
        case ".": return .characters(CharacterRanges(ranges: CharacterRanges.all))
        case "[": return .characters(try characterClass())
        case "\\": return .characters(try escape())
        case "(":
            if take("?"), !take(":") { throw refusal("'(?' begins what needs more than one pass; only '(?:' is taken") }
            depth += 1
            guard depth <= Self.maximumDepth else { throw refusal("it nests deeper than \(Self.maximumDepth) groups") }
            let node = try choice()
            guard take(")") else { throw refusal("a group is not closed") }
            depth -= 1
            return node
        case "*", "+", "?", "{": throw refusal("'\(next)' follows nothing that it could repeat")
        default: return .characters(Self.single(next))
        }
    }

    private mutating func escape() throws(Problem) -> CharacterRanges {
        guard let next = peek() else { throw refusal("a backslash ends it") }
        position += 1
        switch next {
        case "d", "D": return CharacterRanges(ranges: CharacterRanges.digits, isNegated: next == "D")
        case "w", "W": return CharacterRanges(ranges: CharacterRanges.wordCharacters, isNegated: next == "W")
        case "s", "S": return CharacterRanges(ranges: CharacterRanges.spaces, isNegated: next == "S")
        case "n": return Self.single("\n")
        case "t": return Self.single("\t")
        case "r": return Self.single("\r")
        default:
            guard next.isASCII, !next.properties.isAlphabetic, next.properties.numericType == nil else {
                throw refusal("'\\\(next)' needs more than one pass over the text, or is unknown")
            }
            return Self.single(next)
        }
    }

    private mutating func characterClass() throws(Problem) -> CharacterRanges {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while let next = peek(), next != "]" || ranges.isEmpty {
            if next == "[", position + 1 < scalars.count, ":.=".unicodeScalars.contains(scalars[position + 1]) {
                throw refusal("'[:' in a class is not taken; name the characters")
            }
            let low = try classMember()
            guard low.ranges.count == 1, low.ranges[0].count == 1, !low.isNegated, peek() == "-", position + 1 < scalars.count,
                scalars[position + 1] != "]"
            else {
                guard !low.isNegated else { throw refusal("\\D, \\W and \\S cannot stand in a class") }
                ranges += low.ranges
                continue
            }
            position += 1
            let high = try classMember()
            guard high.ranges.count == 1, high.ranges[0].count == 1, low.ranges[0].lowerBound <= high.ranges[0].lowerBound else {
                throw refusal("a range ends before it begins")
            }
            ranges.append(low.ranges[0].lowerBound...high.ranges[0].lowerBound)
        }
        guard take("]") else { throw refusal("a class is not closed") }
        return CharacterRanges(ranges: ranges, isNegated: isNegated)
    }

    private mutating func classMember() throws(Problem) -> CharacterRanges {
        guard let next = peek() else { throw refusal("a class is not closed") }
        position += 1
        return next == "\\" ? try escape() : Self.single(next)
    }

    private mutating func number() -> Int? {
        let start = position
        while let next = peek(), ("0"..."9").contains(next), position - start < 4 { position += 1 }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<position])
        return Int(String(text))
    }

    private static func single(_ scalar: Unicode.Scalar) -> CharacterRanges { CharacterRanges(ranges: [scalar.value...scalar.value]) }

    private func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }

    private func refusal(_ why: String) -> Problem {
        Problem(
            .invalid, "database.pattern.malformed", "The regular expression is not one that is looked for here.",
            why: "At character \(position): \(why).", fix: "Use characters, classes, groups, '|', '*', '+', '?' and '{m,n}'.")
    }
}
