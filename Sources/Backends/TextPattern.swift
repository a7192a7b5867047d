// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A regular expression that is looked for in time proportional to the text: no back references and no looking around.
///
/// What both engines agree on: `.` (any character), `[abc]`, `[^a-z]`, `\d \w \s \D \W \S` (of ASCII), `\n \t \r`, a backslash before
/// punctuation, `^`, `$`, groups, `|`, `* + ?` and `{m,n}`. It matches anywhere in the text, and case counts.
package struct TextPattern: Sendable {
    package static let maximumBytes = 500
    /// Steps of the program, after repetitions are written out.
    package static let maximumSteps = 1_000

    /// The pattern in the words of every engine.
    package let source: String
    private let steps: [Step]

    enum Step: Sendable {
        case take(CharacterRanges)
        case fork(Int, Int)
        case start, end, found
    }

    /// - Throws: `Problem` `.invalid` for what is malformed, too long or needs more than one pass over the text.
    package init(_ text: String) throws(Problem) {
        var parser = try TextPatternParser(text)
        let node = try parser.pattern()
        source = node.source
        var compiler = TextPatternCompiler()
        try compiler.add(node)
        steps = compiler.steps + [.found]
    }

    /// - Complexity: O(length of the text × steps), in memory O(steps).
    package func occurs(in text: String) -> Bool {
        var current = StepSet(count: steps.count)
        var next = StepSet(count: steps.count)
        var isAtStart = true
        var scalars = text.unicodeScalars.makeIterator()
        var scalar = scalars.next()
        while true {
            if enter(0, &current, isAtStart: isAtStart, isAtEnd: scalar == nil) { return true }
            guard let value = scalar?.value else { return false }
            let following = scalars.next()
            next.removeAll()
            for index in current.members {
                if case .take(let ranges) = steps[index], ranges.contains(value),
                    enter(index + 1, &next, isAtStart: false, isAtEnd: following == nil)
                {
                    return true
                }
            }
            swap(&current, &next)
            scalar = following
            isAtStart = false
        }
    }

    /// Adds a step and all that follow without a character.
    ///
    /// - Returns: Whether the end of the pattern is among them.
    private func enter(_ index: Int, _ set: inout StepSet, isAtStart: Bool, isAtEnd: Bool) -> Bool {
        var waiting = [index]
        while let index = waiting.popLast() {
            guard set.insert(index) else { continue }
            switch steps[index] {
            case .found: return true
            case .take: break
            case .fork(let first, let second): waiting += [second, first]
            case .start: if isAtStart { waiting.append(index + 1) }
            case .end: if isAtEnd { waiting.append(index + 1) }
            }
        }
        return false
    }
}

/// Steps reached, without repetition.
private struct StepSet {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(count: Int) {
        isMember = Array(repeating: false, count: count)
    }

    mutating func insert(_ index: Int) -> Bool {
        if isMember[index] { return false }
        isMember[index] = true
        members.append(index)
        return true
    }

    mutating func removeAll() {
        for index in members { isMember[index] = false }
        members.removeAll(keepingCapacity: true)
    }
}

/// Characters by ranges of their numbers.
struct CharacterRanges: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } != isNegated }

    static let all = [UInt32(0)...0x10_FFFF]
    static let digits = [UInt32(48)...57]
    static let wordCharacters = [UInt32(48)...57, 65...90, 95...95, 97...122]
    static let spaces = [UInt32(9)...13, 32...32]

    var source: String {
        if ranges == Self.all { return "." }
        if !isNegated, ranges.count == 1, ranges[0].count == 1 { return Self.escaped(ranges[0].lowerBound) }
        let parts = ranges.map { range in
            let first = Self.escaped(range.lowerBound)
            return range.count == 1 ? first : first + "-" + Self.escaped(range.upperBound)
        }
        return "[" + (isNegated ? "^" : "") + parts.joined() + "]"
    }

    private static func escaped(_ value: UInt32) -> String {
        switch value {
        case 48...57, 65...90, 97...122: String(UnicodeScalar(UInt8(value)))
        case 9: "\\t"
        case 10: "\\n"
        case 11: "\\v"
        case 12: "\\f"
        case 13: "\\r"
        case 32: " "
        case 33...126: "\\" + String(UnicodeScalar(UInt8(value)))
        default: UnicodeScalar(value).map { String($0) } ?? "\u{FFFD}"
        }
    }
}

/// A pattern as its parts.
indirect enum TextPatternNode {
    case characters(CharacterRanges)
    case start, end
    case sequence([TextPatternNode])
    case choice([TextPatternNode])
    /// No upper bound when nil.
    case repetition(TextPatternNode, from: Int, to: Int?)

    var source: String {
        switch self {
        case .characters(let ranges): return ranges.source
        case .start: return "^"
        case .end: return "$"
        case .sequence(let parts): return "(?:" + parts.map(\.source).joined() + ")"
        case .choice(let parts): return "(?:" + parts.map(\.source).joined(separator: "|") + ")"
        case .repetition(let part, let from, let to):
            let count = to.map { from == $0 ? "{\(from)}" : "{\(from),\($0)}" } ?? "{\(from),}"
            return "(?:" + part.source + ")" + count
        }
    }
}

struct TextPatternCompiler {
    private(set) var steps: [TextPattern.Step] = []

    mutating func add(_ node: TextPatternNode) throws(Problem) {
        switch node {
        case .characters(let ranges): try append(.take(ranges))
        case .start: try append(.start)
        case .end: try append(.end)
        case .sequence(let parts): for part in parts { try add(part) }
        case .choice(let parts): try addChoice(parts[...])
        case .repetition(let part, let from, let to):
            for _ in 0..<from { try add(part) }
            guard let to else {
                // One fork in front: into the part, which leads back to it, or past it.
                let fork = steps.count
                try append(.fork(fork + 1, 0))
                try add(part)
                try append(.fork(fork, fork))
                steps[fork] = .fork(fork + 1, steps.count)
                return
            }
            var forks: [Int] = []
            for _ in from..<max(from, to) {
                forks.append(steps.count)
                try append(.fork(steps.count + 1, 0))
                try add(part)
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
    }

    private mutating func addChoice(_ parts: ArraySlice<TextPatternNode>) throws(Problem) {
        guard let first = parts.first else { return }
        if parts.count == 1 { return try add(first) }
        let fork = steps.count
        try append(.fork(fork + 1, 0))
        try add(first)
        let exit = steps.count
        try append(.fork(0, 0))
        steps[fork] = .fork(fork + 1, steps.count)
        try addChoice(parts.dropFirst())
        steps[exit] = .fork(steps.count, steps.count)
    }

    private mutating func append(_ step: TextPattern.Step) throws(Problem) {
        guard steps.count < TextPattern.maximumSteps else {
            throw Problem(
                .invalid, "database.pattern.too-large", "The regular expression is too large.",
                why: "With its repetitions written out it has more than \(TextPattern.maximumSteps) steps.", fix: "Repeat less.")
        }
        steps.append(step)
    }
}
