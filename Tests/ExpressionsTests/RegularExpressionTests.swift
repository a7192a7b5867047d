// SPDX-License-Identifier: Apache-2.0
import Expressions
import Testing

/// The syntax and meaning of RE2 (github.com/google/re2/wiki/Syntax).
@Suite("Regular expressions") struct RegularExpressionTests {
    @Test(
        "finds what RE2 finds",
        arguments: [
            ("", "", true), ("", "a", true), ("a", "cat", true), ("^a", "cat", false), ("^cat$", "cat", true), ("t$", "cat", true),
            ("a.c", "abc", true),
            ("a.c", "a\nc", false), ("(?s)a.c", "a\nc", true), ("^b", "a\nb", false), ("(?m)^b", "a\nb", true), ("(?m)a$", "a\nb", true),
            ("a$", "a\n", false), (#"\Ab"#, "a\nb", false), (#"(?m)\Ab"#, "a\nb", false), (#"a\z"#, "ba", true), ("ab*c", "ac", true),
            ("ab+c", "ac", false), ("ab?c", "abbc", false), ("^a{2}$", "aa", true), ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaa", true),
            ("^a{1,3}$", "aaaa", false), ("^(ab){2,3}$", "ababab", true), ("^a{0}$", "", true), ("x{,2}", "x{,2}", true),
            ("a{", "a{", true),
            ("a{b}", "a{b}", true), ("a*?b", "aab", true), ("a+?", "b", false), ("a??b", "b", true), ("a|b|", "c", true),
            ("^(a|b)$", "b", true),
            ("^(?:ab|a)(?:c|bcd)$", "abcd", true), ("[abc]", "b", true), ("[^abc]", "b", false), ("[^abc]", "d", true),
            ("[a-c]", "b", true),
            ("[a-]", "-", true), ("[-a]", "-", true), ("[]a]", "]", true), ("[^]a]", "b", true), (#"[\]]"#, "]", true),
            (#"[\d-]"#, "-", true),
            (#"^\d+$"#, "0123", true), (#"\d"#, "\u{0661}", false), (#"^\w+$"#, "aZ_9", true), (#"\w"#, "\u{E9}", false),
            (#"\s"#, "\t", true),
            (#"\s"#, "\u{B}", false), (#"\S"#, " ", false), (#"\D\W"#, "a-", true), ("[[:alpha:]]+", "1a", true),
            ("[[:^digit:]]", "1", false),
            ("[[:space:]]", "\u{B}", true), ("[[:word:]-]", "-", true), (#"\bcat\b"#, "a cat b", true), (#"\bcat\b"#, "concat", false),
            (#"\Bcat"#, "concat", true), (#"\b"#, "", false), (#"\B"#, "", true), ("(?i)CAT", "cat", true), ("(?i:c)at", "Cat", true),
            ("(?i:c)at", "CAt", false), ("(?i)c(?-i)at", "CAT", false), ("(?i)[a-c]", "B", true), ("(?i)[^a]", "A", false),
            ("(?i)\u{E9}", "\u{C9}", true),
            ("(?i)k", "\u{212A}", true), ("(?i)\u{17F}", "S", true), (#"\pL"#, "\u{E9}", true), (#"\p{Lu}"#, "a", false),
            (#"\p{Lu}"#, "\u{C9}", true),
            (#"\PL"#, "a", false), (#"\p{^L}"#, "1", true), (#"[\p{Nd}]"#, "\u{0661}", true), (#"[^\pL]"#, "a", false),
            (#"\x41\x{1F431}"#, "A\u{1F431}", true),
            (#"\101"#, "A", true), (#"\Q.*\E+"#, ".**", true), (#"\Qa.b"#, "axb", false), (#"\."#, "a", false),
            (#"\a\f\n\r\t\v"#, "\u{7}\u{C}\n\r\t\u{B}", true),
            ("(?P<name>a)(?<other>b)", "ab", true), ("^.$", "\u{1F431}", true), ("^..$", "e\u{301}", true), ("(a*)*b", "aaab", true),
            ("(|a)+b", "aab", true),
            ("(a|ab)(c|bcd)(d*)$", "abcd", true), ("^(((a)))$", "a", true), ("(?U)a+", "a", true), ("()", "x", true),
            ("(?i)(?s).", "\n", true),
        ])
    func search(pattern: String, text: String, isFound: Bool) throws {
        #expect(try RegularExpression(pattern).occurs(in: text) == isFound)
    }

    @Test(
        "refuses what RE2 refuses",
        arguments: [
            "(", ")", "a)", "[", "[a", "*", "+a", "a**", "a{2}{3}", "a{1001}", "a{3,2}", "(?<n", "(?<>a)", "(?<n>a)(?<n>b)", "(?=a)",
            "(?!a)", "(?<=a)",
            "(?x)", "(?i", #"\1"#, #"\"#, #"\y"#, #"\C"#, #"\p{Foo}"#, #"\pX"#, #"\p{L"#, "[b-a]", "[[:foo:]]", #"\x{110000}"#, #"\xg"#,
            #"[\d-z"#,
        ])
    func refusals(pattern: String) {
        #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) }
    }

    @Test("bounds the size of what repetitions are written out to")
    func size() throws {
        #expect(throws: RegularExpressionError.self) { try RegularExpression("(((a{100}){100}){100}){100}") }
        #expect(throws: RegularExpressionError.self) { try RegularExpression("((((){1000}){1000}){1000}){1000}") }
        #expect(throws: RegularExpressionError.self) { try RegularExpression(String(repeating: "a", count: 10_001)) }
        #expect(throws: RegularExpressionError.self) {
            try RegularExpression(String(repeating: "(", count: 1_000) + String(repeating: ")", count: 1_000))
        }
        #expect(try RegularExpression("^(a{10}){100}$").occurs(in: String(repeating: "a", count: 1_000)))
    }

    @Test(
        "takes linear time where backtracking takes exponential time",
        arguments: ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "^(a+)+$", "(.*)(.*)(.*)(.*)(.*)x", "(a?){50}a{50}b"])
    func blowUps(pattern: String) throws {
        // Each state is visited at most once a character: the steps are bounded by their product.
        let text = String(repeating: "a", count: 2_000) + "!"
        let compiled = try ExpressionEnvironment(variables: ["s": .string]).compile("s.matches('\(pattern)')")
        #expect(try !compiled.decide(["s": .string(text)], limits: EvaluationLimits(cost: 2_001 * 300)))
    }

    @Test("agrees with backtracking on small random patterns", arguments: [UInt64(1), 2, 3, 4])
    func agreesWithBacktracking(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let pattern = RandomPattern.make(depth: 3, &random)
            let expression = try RegularExpression("^(?:\(pattern.source))$")
            for _ in 0..<10 {
                let text = String((0..<Int.random(in: 0...6, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" })
                let expected = pattern.ends(Array(text), 0).contains(text.count)
                #expect(expression.occurs(in: text) == expected, "\(pattern.source) on \(text), seed \(seed)")
            }
        }
    }
}

/// A small pattern and, by definition rather than by automaton, where its matches end.
private indirect enum RandomPattern {
    case letter(Character)
    case sequence(RandomPattern, RandomPattern)
    case choice(RandomPattern, RandomPattern)
    case repetition(RandomPattern, from: Int, to: Int)
    case endless(RandomPattern, from: Int)

    static func make(depth: Int, _ random: inout SeededGenerator) -> RandomPattern {
        guard depth > 0 else { return .letter("ab".randomElement(using: &random) ?? "a") }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return .letter("ab".randomElement(using: &random) ?? "a")
        case 1: return .sequence(make(depth: depth - 1, &random), make(depth: depth - 1, &random))
        case 2: return .choice(make(depth: depth - 1, &random), make(depth: depth - 1, &random))
        case 3: return .endless(make(depth: depth - 1, &random), from: Int.random(in: 0...2, using: &random))
        default:
            let from = Int.random(in: 0...2, using: &random)
            return .repetition(make(depth: depth - 1, &random), from: from, to: from + Int.random(in: 0...2, using: &random))
        }
    }

    var source: String {
        switch self {
        case .letter(let letter): String(letter)
        case .sequence(let first, let second): first.source + second.source
        case .choice(let first, let second): "(?:\(first.source)|\(second.source))"
        case .repetition(let part, let from, let to): "(?:\(part.source)){\(from),\(to)}"
        case .endless(let part, let from): "(?:\(part.source))" + ["*", "+", "{2,}"][from]
        }
    }

    func ends(_ text: [Character], _ start: Int) -> Set<Int> {
        switch self {
        case .letter(let letter): return start < text.count && text[start] == letter ? [start + 1] : []
        case .sequence(let first, let second):
            return first.ends(text, start).reduce(into: []) { $0.formUnion(second.ends(text, $1)) }
        case .choice(let first, let second): return first.ends(text, start).union(second.ends(text, start))
        case .endless(let part, let from):
            var reached: Set<Int> = [start]
            for _ in 0..<from { reached = reached.reduce(into: []) { $0.formUnion(part.ends(text, $1)) } }
            while true {
                let further = reached.reduce(into: reached) { $0.formUnion(part.ends(text, $1)) }
                if further == reached { return reached }
                reached = further
            }
        case .repetition(let part, let from, let to):
            var ends: Set<Int> = from == 0 ? [start] : []
            var reached: Set<Int> = [start]
            for count in 1...max(to, 1) where count <= to {
                reached = reached.reduce(into: []) { $0.formUnion(part.ends(text, $1)) }
                if count >= from { ends.formUnion(reached) }
            }
            return ends
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014), so that a seed gives the same test again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
