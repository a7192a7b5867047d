// SPDX-License-Identifier: Apache-2.0

/// Writes the automaton of a regular expression, with all repetitions spelled out (Thompson's construction).
struct RegularCompiler {
    private var program: [RegularInstruction] = []
    /// Parts visited: repetitions of nothing add no instructions and would otherwise cost nothing.
    private var visits = 0

    mutating func compile(_ tree: RegularTree) throws(RegularExpressionError) -> [RegularInstruction] {
        try add(tree)
        try append(.match)
        return program
    }

    private mutating func add(_ tree: RegularTree) throws(RegularExpressionError) {
        visits += 1
        guard visits <= 4 * RegularExpression.maximumSize else { throw tooLarge }
        switch tree {
        case .set(let set): try append(.take(set))
        case .assert(let assertion): try append(.assert(assertion))
        case .sequence(let parts): for part in parts { try add(part) }
        case .choice(let parts): try add(choice: parts)
        case .repetition(let part, let from, let to):
            if let to {
                for _ in 0..<from { try add(part) }
                try add(optional: part, times: to - from)
            } else {
                for _ in 0..<max(from - 1, 0) { try add(part) }
                try add(endless: part, atLeastOnce: from > 0)
            }
        }
    }

    private mutating func add(choice parts: [RegularTree]) throws(RegularExpressionError) {
        var exits: [Int] = []
        for part in parts.dropLast() {
            let fork = try reserve()
            try add(part)
            exits.append(try reserve())
            program[fork] = .fork(fork + 1, program.count)
        }
        if let last = parts.last { try add(last) }
        for exit in exits { program[exit] = .jump(program.count) }
    }

    private mutating func add(endless part: RegularTree, atLeastOnce: Bool) throws(RegularExpressionError) {
        guard !atLeastOnce else {
            let start = program.count
            try add(part)
            return try append(.fork(start, program.count + 1))
        }
        let fork = try reserve()
        try add(part)
        try append(.jump(fork))
        program[fork] = .fork(fork + 1, program.count)
    }

    private mutating func add(optional part: RegularTree, times: Int) throws(RegularExpressionError) {
        var forks: [Int] = []
        for _ in 0..<max(times, 0) {
            forks.append(try reserve())
            try add(part)
        }
        for fork in forks { program[fork] = .fork(fork + 1, program.count) }
    }

    private mutating func reserve() throws(RegularExpressionError) -> Int {
        try append(.jump(0))
        return program.count - 1
    }

    private mutating func append(_ instruction: RegularInstruction) throws(RegularExpressionError) {
        guard program.count < RegularExpression.maximumSize else {
            throw tooLarge
        }
        program.append(instruction)
    }

    private var tooLarge: RegularExpressionError {
        RegularExpressionError("has more than \(RegularExpression.maximumSize) steps with its repetitions written out", at: 0)
    }
}
