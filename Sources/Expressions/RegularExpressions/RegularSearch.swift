// SPDX-License-Identifier: Apache-2.0

/// Runs the automaton over a text, all states at once, in portions.
struct RegularSearch {
    private let program: [RegularInstruction]
    private var current: StateSet
    private var next: StateSet
    private var waiting: [Int] = []
    private var scalars: String.UnicodeScalarView.Iterator
    private var previous: Unicode.Scalar?
    private var scalar: Unicode.Scalar?

    init(_ program: [RegularInstruction], _ text: String) {
        self.program = program
        current = StateSet(count: program.count)
        next = StateSet(count: program.count)
        scalars = text.unicodeScalars.makeIterator()
        scalar = scalars.next()
    }

    /// Whether the expression occurs; nil when the steps were spent before that is known.
    mutating func proceed(steps: inout Int) -> Bool? {
        while steps > 0 {
            // The expression may begin at every character.
            if enter(0, isNext: false, between: previous, and: scalar) { return true }
            steps -= current.members.count + 1
            guard let taken = scalar else { return false }
            let following = scalars.next()
            next.removeAll()
            for state in current.members {
                if case .take(let set) = program[state], set.contains(taken),
                    enter(state + 1, isNext: true, between: taken, and: following)
                {
                    return true
                }
            }
            swap(&current, &next)
            previous = taken
            scalar = following
        }
        return nil
    }

    /// Adds a state and all that follow it without a character.
    ///
    /// - Returns: Whether the end of the expression is among them.
    private mutating func enter(
        _ state: Int, isNext: Bool, between previous: Unicode.Scalar?, and scalar: Unicode.Scalar?
    ) -> Bool {
        waiting.append(state)
        while let state = waiting.popLast() {
            guard isNext ? next.insert(state) : current.insert(state) else { continue }
            switch program[state] {
            case .take: break
            case .jump(let target): waiting.append(target)
            case .fork(let first, let second):
                waiting.append(second)
                waiting.append(first)
            case .assert(let assertion): if assertion.holds(between: previous, and: scalar) { waiting.append(state + 1) }
            case .match:
                waiting.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }
}

/// States reached, without repetition.
private struct StateSet {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(count: Int) {
        isMember = Array(repeating: false, count: count)
    }

    mutating func insert(_ state: Int) -> Bool {
        if isMember[state] { return false }
        isMember[state] = true
        members.append(state)
        return true
    }

    mutating func removeAll() {
        for state in members { isMember[state] = false }
        members.removeAll(keepingCapacity: true)
    }
}
