// SPDX-License-Identifier: Apache-2.0

/// A macro on its way over a list or map.
struct LoopState {
    let kind: SyntaxTree.Loop.Kind
    /// Elements of a list, or keys of a map.
    let elements: [ExpressionValue]
    /// Of a map.
    let values: [ExpressionValue]?
    var position = 0
    var list = ListValue()
    var map = MapValue()
    /// Elements that hold, of `exists_one`.
    var count = 0

    /// Whether an error may be outvoted by a later element.
    var absorbsErrors: Bool { kind == .all || kind == .exists }

    /// The element last visited.
    var current: ExpressionValue { elements[position - 1] }

    /// What a second variable goes with: the index in a list, the key in a map.
    var indexOrKey: ExpressionValue { values == nil ? .int(Int64(position - 1)) : current }

    var elementOrValue: ExpressionValue { values?[position - 1] ?? current }
}

extension Machine {
    /// Logic, macros and bindings.
    ///
    /// - Returns: The number of the next instruction.
    mutating func control(_ instruction: Instruction, _ counter: Int) throws(ExpressionError) -> Int {
        switch instruction {
        case .beginLogic: begin(.logic, resume: 0)
        case .beginOperand(let next): handlers[handlers.count - 1].resume = next
        case .testOperand(let isAnd, let exit):
            let value = pop()
            guard case .bool(let holds) = value else { throw Self.noOverload(isAnd ? "'&&'" : "'||'", [value]) }
            if holds != isAnd {
                handlers.removeLast()
                stack.append(.bool(holds))
                return program.labels[exit]
            }
        case .endLogic(let isAnd):
            if let error = handlers.removeLast().pending { throw error }
            stack.append(.bool(isAnd))
        case .beginLoop(let kind, let next): try beginLoop(kind, next)
        case .nextElement(let first, let second, let exit): return try nextElement(first, second, counter, exit)
        case .testElement(let next, let exit): return try testElement(counter, next, exit)
        case .collect(let hasResult, let next):
            try collect(hasResult)
            return program.labels[next]
        case .beginBinding(let slot, let end): begin(.binding(slot), resume: end)
        case .endBinding(let slot):
            handlers.removeLast()
            locals[slot] = .value(pop())
        case .orElse(let isValue, let exit):
            let value = pop()
            guard case .optional(let optional) = value else { throw Self.noOverload(isValue ? "'orValue'" : "'or'", [value]) }
            if let content = optional.value {
                stack.append(isValue ? content : value)
                return program.labels[exit]
            }
        case .requireOptional:
            guard case .optional? = stack.last else { throw Self.noOverload("'or'", stack.suffix(1)) }
        default: break
        }
        return counter + 1
    }

    private mutating func begin(_ kind: Handler.Kind, resume: Instruction.Label) {
        handlers.append(Handler(kind: kind, resume: resume, stackHeight: stack.count, loopHeight: loops.count))
    }

    // MARK: Macros

    private mutating func beginLoop(_ kind: SyntaxTree.Loop.Kind, _ next: Instruction.Label) throws(ExpressionError) {
        let range = pop()
        switch range {
        case .list(let list): loops.append(LoopState(kind: kind, elements: list.elements, values: nil))
        case .map(let map): loops.append(LoopState(kind: kind, elements: map.keys, values: map.values))
        default: throw Self.noOverload("A macro over elements", [range])
        }
        if kind == .all || kind == .exists { begin(.loop, resume: next) }
    }

    private mutating func nextElement(
        _ first: Int, _ second: Int?, _ counter: Int, _ exit: Instruction.Label
    ) throws(ExpressionError) -> Int {
        let last = loops.count - 1
        guard loops[last].position < loops[last].elements.count else {
            let loop = loops.removeLast()
            if loop.absorbsErrors, let error = handlers.removeLast().pending { throw error }
            stack.append(try result(of: loop))
            return program.labels[exit]
        }
        loops[last].position += 1
        if let second {
            locals[first] = .value(loops[last].indexOrKey)
            locals[second] = .value(loops[last].elementOrValue)
        } else {
            locals[first] = .value(loops[last].current)
        }
        return counter + 1
    }

    private func result(of loop: LoopState) throws(ExpressionError) -> ExpressionValue {
        switch loop.kind {
        case .all: .bool(true)
        case .exists: .bool(false)
        case .existsOne: .bool(loop.count == 1)
        case .list: try checked(.list(loop.list))
        case .map, .mapEntry: try checked(.map(loop.map))
        }
    }

    private mutating func testElement(
        _ counter: Int, _ next: Instruction.Label, _ exit: Instruction.Label
    ) throws(ExpressionError) -> Int {
        let value = pop()
        guard case .bool(let holds) = value else { throw Self.noOverload("What a macro asks of each element", [value]) }
        let last = loops.count - 1
        switch loops[last].kind {
        case .all, .exists:
            guard holds == (loops[last].kind == .exists) else { return program.labels[next] }
            loops.removeLast()
            handlers.removeLast()
            stack.append(value)
            return program.labels[exit]
        case .existsOne:
            if holds { loops[last].count += 1 }
            return program.labels[next]
        case .list, .map, .mapEntry: return holds ? counter + 1 : program.labels[next]
        }
    }

    private mutating func collect(_ hasResult: Bool) throws(ExpressionError) {
        let last = loops.count - 1
        let value = hasResult ? pop() : loops[last].current
        try meter.allocate(elements: 1)
        switch loops[last].kind {
        case .map:
            try Self.insert(value, for: loops[last].indexOrKey, into: &loops[last].map)
        case .mapEntry:
            guard case .map(let entry) = value else { throw Self.noOverload("'transformMapEntry'", [value]) }
            try meter.allocate(elements: entry.count)
            for (key, value) in zip(entry.keys, entry.values) { try Self.insert(value, for: key, into: &loops[last].map) }
        default: loops[last].list.append(value)
        }
    }
}
