// SPDX-License-Identifier: Apache-2.0

/// A regular expression in the syntax of RE2, searched for in time proportional to the text times the size of the expression.
///
/// There are no back references and no looking around; groups only group, and whether as much or as little as possible is taken
/// makes no difference to whether there is a match. Repetitions are written out, so the size of the program is bounded.
package struct RegularExpression: Sendable {
    /// In bytes of UTF-8.
    package static let maximumLength = 10_000
    /// Instructions of the program, after repetitions are written out.
    package static let maximumSize = 20_000

    let program: [RegularInstruction]

    /// - Throws: `RegularExpressionError` for what is malformed, too large or needs more than one pass over the text.
    package init(_ pattern: String) throws(RegularExpressionError) {
        guard pattern.utf8.count <= Self.maximumLength else {
            throw RegularExpressionError("is longer than \(Self.maximumLength) bytes", at: 0)
        }
        var parser = RegularParser(pattern)
        let tree = try parser.parse()
        var compiler = RegularCompiler()
        program = try compiler.compile(tree)
    }

    /// Whether the expression occurs anywhere in the text.
    ///
    /// - Complexity: O(code points of the text × instructions).
    package func occurs(in text: String) -> Bool {
        var steps = Int.max
        var search = RegularSearch(program, text)
        return search.proceed(steps: &steps) ?? false
    }
}

package struct RegularExpressionError: Error, Equatable, Sendable {
    /// What is wrong, as "has a group that is not closed".
    package let reason: String
    /// In code points of the pattern, from 0.
    package let offset: Int

    init(_ reason: String, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

/// One instruction of the automaton.
enum RegularInstruction: Sendable {
    case take(CharacterSet)
    case fork(Int, Int)
    case jump(Int)
    case assert(Assertion)
    case match

    enum Assertion: Sendable {
        case startOfText, endOfText, startOfLine, endOfLine, wordBoundary, noWordBoundary

        func holds(between previous: Unicode.Scalar?, and next: Unicode.Scalar?) -> Bool {
            switch self {
            case .startOfText: previous == nil
            case .endOfText: next == nil
            case .startOfLine: previous == nil || previous == "\n"
            case .endOfLine: next == nil || next == "\n"
            case .wordBoundary: Self.isWord(previous) != Self.isWord(next)
            case .noWordBoundary: Self.isWord(previous) == Self.isWord(next)
            }
        }

        private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
            guard let scalar else { return false }
            return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
        }
    }
}
