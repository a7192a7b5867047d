// SPDX-License-Identifier: Apache-2.0

/// A regular expression as its parts.
indirect enum RegularTree: Sendable {
    case set(CharacterSet)
    case assert(RegularInstruction.Assertion)
    case sequence([RegularTree])
    case choice([RegularTree])
    /// No upper bound when nil.
    case repetition(RegularTree, from: Int, to: Int?)
}

/// Reads the syntax of RE2.
struct RegularParser {
    static let maximumRepetition = 1_000
    private static let maximumDepth = 100

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var flags = Flags()
    private var groupNames: Set<String> = []

    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotTakesLineFeed = false
    }

    init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
    }

    mutating func parse() throws(RegularExpressionError) -> RegularTree {
        let tree = try choice()
        guard position == scalars.count else { throw error("closes a group that was not opened") }
        return tree
    }

    private mutating func choice() throws(RegularExpressionError) -> RegularTree {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence() throws(RegularExpressionError) -> RegularTree {
        var parts: [RegularTree] = []
        while let next = peek, next != "|", next != ")" {
            if next == "\\", peek(1) == "Q" {
                quoted(into: &parts)
                // What repeats behind the quotation, repeats its last character.
                if let last = parts.popLast() { parts.append(try repeated(last)) }
            } else if let part = try atom() {
                parts.append(try repeated(part))
            }
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// `\Q…\E` is text as it stands.
    private mutating func quoted(into parts: inout [RegularTree]) {
        position += 2
        while let next = peek {
            if next == "\\", peek(1) == "E" {
                position += 2
                return
            }
            parts.append(.set(CharacterSet(next, ignoresCase: flags.ignoresCase)))
            position += 1
        }
    }

    private mutating func repeated(_ part: RegularTree) throws(RegularExpressionError) -> RegularTree {
        let start = position
        guard let (from, to) = try repetition() else { return part }
        _ = take("?")
        let before = position
        if try repetition() != nil {
            position = before
            throw error("repeats a repetition")
        }
        guard max(from, to ?? 0) <= Self.maximumRepetition, from <= to ?? from else {
            position = start
            throw error("repeats more than \(Self.maximumRepetition) times, or ends a repetition before it begins")
        }
        return .repetition(part, from: from, to: to)
    }

    /// Nil, and nothing is read, when there is none; a brace without numbers stands for itself.
    private mutating func repetition() throws(RegularExpressionError) -> (from: Int, to: Int?)? {
        switch peek {
        case "*":
            position += 1
            return (0, nil)
        case "+":
            position += 1
            return (1, nil)
        case "?":
            position += 1
            return (0, 1)
        case "{":
            let start = position
            position += 1
            guard let from = number() else {
                position = start
                return nil
            }
            let to = take(",") ? number() : from
            guard take("}") else {
                position = start
                return nil
            }
            return (from, to)
        default: return nil
        }
    }

    /// Nil for flags, which take no character.
    private mutating func atom() throws(RegularExpressionError) -> RegularTree? {
        guard let next = peek else { throw error("ends too early") }
        position += 1
        switch next {
        case "^": return .assert(flags.isMultiline ? .startOfLine : .startOfText)
        case "$": return .assert(flags.isMultiline ? .endOfLine : .endOfText)
        case ".":
            let all = CharacterSet.Part(ranges: [0...0x10_FFFF])
            return .set(flags.dotTakesLineFeed ? CharacterSet([all]) : CharacterSet([.lineFeed], isNegated: true))
        case "[":
            var reader = CharacterClassParser(scalars, at: position, ignoresCase: flags.ignoresCase)
            let set = try reader.parse()
            position = reader.position
            return .set(set)
        case "(": return try group()
        case "\\": return try escape()
        case "*", "+", "?":
            position -= 1
            throw error("repeats nothing")
        default: return .set(CharacterSet(next, ignoresCase: flags.ignoresCase))
        }
    }

    private mutating func escape() throws(RegularExpressionError) -> RegularTree {
        switch peek {
        case "A": return assertion(.startOfText)
        case "z": return assertion(.endOfText)
        case "b": return assertion(.wordBoundary)
        case "B": return assertion(.noWordBoundary)
        default:
            var reader = CharacterClassParser(scalars, at: position, ignoresCase: flags.ignoresCase)
            let part = try reader.escape()
            position = reader.position
            return .set(CharacterSet([part], ignoresCase: flags.ignoresCase))
        }
    }

    private mutating func assertion(_ assertion: RegularInstruction.Assertion) -> RegularTree {
        position += 1
        return .assert(assertion)
    }

    private mutating func group() throws(RegularExpressionError) -> RegularTree? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw error("nests deeper than \(Self.maximumDepth) groups") }
        let outer = flags
        if take("?") {
            if peek == "P" && peek(1) == "<" || peek == "<" {
                position += peek == "P" ? 2 : 1
                try name()
            } else if try setFlags() {
                return nil
            }
        }
        let tree = try choice()
        guard take(")") else { throw error("has a group that is not closed") }
        flags = outer
        return tree
    }

    private mutating func name() throws(RegularExpressionError) {
        var name = ""
        while let next = peek, next != ">" {
            guard next.isASCII, next.properties.isAlphabetic || ("0"..."9").contains(next) || next == "_" else {
                throw error("has a group whose name is not of letters, digits and '_'")
            }
            name.unicodeScalars.append(next)
            position += 1
        }
        guard take(">"), !name.isEmpty, groupNames.insert(name).inserted else {
            throw error("has a group with a name that is missing or comes twice")
        }
    }

    /// - Returns: Whether they stand alone, as `(?i)`, and hold to the end of the group around them.
    private mutating func setFlags() throws(RegularExpressionError) -> Bool {
        var isSet = true
        while let next = peek {
            position += 1
            switch next {
            case "i": flags.ignoresCase = isSet
            case "m": flags.isMultiline = isSet
            case "s": flags.dotTakesLineFeed = isSet
            case "U": break
            case "-" where isSet: isSet = false
            case ":": return false
            case ")": return true
            default:
                position -= 1
                throw error("has '(?\(next)', which is unknown or needs more than one pass over the text")
            }
        }
        throw error("has a group that is not closed")
    }

    private mutating func number() -> Int? {
        var digits = ""
        while let next = peek, ("0"..."9").contains(next), digits.utf8.count < 6 {
            digits.unicodeScalars.append(next)
            position += 1
        }
        return Int(digits)
    }

    private var peek: Unicode.Scalar? { peek(0) }

    private func peek(_ ahead: Int) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private func error(_ reason: String) -> RegularExpressionError { RegularExpressionError(reason, at: position) }
}
