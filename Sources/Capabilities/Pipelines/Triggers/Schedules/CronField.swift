// SPDX-License-Identifier: Apache-2.0

import Domain

/// One of the five fields: which numbers it names.
struct CronField: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case minute, hour, day, month, weekday

        var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .day: 1...31
            case .month: 1...12
            // Both 0 and 7 are Sunday.
            case .weekday: 0...7
            }
        }

        /// Names that stand for numbers, the first for the range's first.
        fileprivate var names: [String] {
            switch self {
            case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
            case .weekday: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
            default: []
            }
        }
    }

    /// Bit n is set when n is named.
    let bits: UInt64
    /// Whether it begins with `*`: a day then has to match the day of the month and the weekday, else one of them.
    let isStar: Bool
    /// Whether it is `*` alone.
    let isEvery: Bool

    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }

    /// The first number from `number` on; nil when there is none.
    func first(from number: Int) -> Int? {
        guard number < 64 else { return nil }
        let rest = bits >> UInt64(number)
        return rest == 0 ? nil : number + rest.trailingZeroBitCount
    }

    init(_ text: Substring, _ kind: Kind) throws(Problem) {
        var bits: UInt64 = 0
        for term in text.split(separator: ",", omittingEmptySubsequences: false) {
            for number in try Self.numbers(term, kind) { bits |= 1 << UInt64(number) }
        }
        if kind == .weekday, bits & (1 << 7) != 0 { bits = bits & 0x7F | 1 }
        self.bits = bits
        isStar = text.hasPrefix("*")
        isEvery = text == "*"
    }

    private static func numbers(_ term: Substring, _ kind: Kind) throws(Problem) -> StrideThrough<Int> {
        let parts = term.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first else { throw refusal(term, kind, "It has more than one '/'.") }
        let range: ClosedRange<Int>
        if first == "*" {
            range = kind == .weekday ? 0...6 : kind.range
        } else {
            let bounds = first.split(separator: "-", omittingEmptySubsequences: false)
            guard bounds.count <= 2 else { throw refusal(term, kind, "It has more than one '-'.") }
            let low = try number(bounds[0], term, kind)
            let high = bounds.count == 2 ? try number(bounds[1], term, kind) : low
            guard low <= high else { throw refusal(term, kind, "It ends before it begins.") }
            guard bounds.count == 2 || parts.count == 1 else {
                throw refusal(term, kind, "A step needs a range, as in '\(low)-\(kind.range.upperBound)/\(parts[1].prefix(4))'.")
            }
            range = low...high
        }
        guard parts.count == 2 else { return stride(from: range.lowerBound, through: range.upperBound, by: 1) }
        guard let step = whole(parts[1]), step >= 1, step <= kind.range.upperBound else {
            throw refusal(term, kind, "Its step is no number from 1 to \(kind.range.upperBound).")
        }
        return stride(from: range.lowerBound, through: range.upperBound, by: step)
    }

    private static func number(_ text: Substring, _ term: Substring, _ kind: Kind) throws(Problem) -> Int {
        if let index = kind.names.firstIndex(of: text.uppercased()) { return index + kind.range.lowerBound }
        guard let number = whole(text), kind.range.contains(number) else {
            let names = kind.names.isEmpty ? "" : " or \(kind.names[0]) to \(kind.names[kind.names.count - 1])"
            throw refusal(term, kind, "It is a number from \(kind.range.lowerBound) to \(kind.range.upperBound)\(names).")
        }
        return number
    }

    private static func whole(_ text: Substring) -> Int? {
        (1...4).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
    }

    private static func refusal(_ term: Substring, _ kind: Kind, _ why: String) -> Problem {
        Problem(
            .invalid, "pipelines.schedule.field", "'\(String(term).printable)' cannot be the \(kind.rawValue) of a schedule.", why: why,
            fix: "Fields are minute, hour, day of the month, month and weekday, each with numbers, ranges, lists and steps.")
    }
}
