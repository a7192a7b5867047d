// SPDX-License-Identifier: Apache-2.0

/// Carries out a program on a stack of values, without recursion.
struct Machine {
    enum Local {
        case empty
        case value(ExpressionValue)
        case failure(ExpressionError)
    }

    /// Who goes on when an error happens.
    struct Handler {
        enum Kind {
            case logic
            case loop
            case binding(Int)
        }

        var kind: Kind
        var resume: Instruction.Label
        var stackHeight: Int
        var loopHeight: Int
        var pending: ExpressionError?
    }

    let program: Program
    let variables: [String: ExpressionValue]
    var meter: Meter
    var stack: [ExpressionValue] = []
    var locals: [Local]
    var handlers: [Handler] = []
    var loops: [LoopState] = []

    init(_ program: Program, variables: [String: ExpressionValue], meter: Meter) {
        self.program = program
        self.variables = variables
        self.meter = meter
        locals = Array(repeating: .empty, count: program.localCount)
        stack.reserveCapacity(16)
    }

    mutating func run() throws(ExpressionError) -> ExpressionValue {
        var counter = 0
        while counter < program.instructions.count {
            do throws(ExpressionError) {
                try meter.charge(1)
                counter = try execute(program.instructions[counter], counter)
            } catch {
                var error = error
                if error.offset == nil { error.offset = program.offsets[counter] }
                counter = try recover(from: error)
            }
        }
        return stack[stack.count - 1]
    }

    /// - Returns: The number of the next instruction.
    private mutating func execute(_ instruction: Instruction, _ counter: Int) throws(ExpressionError) -> Int {
        switch instruction {
        case .push(let value): stack.append(value)
        case .loadGlobal(let candidates): stack.append(try load(candidates))
        case .loadLocal(let slot): stack.append(try local(slot))
        case .select(let select): stack.append(try Selection.select(select, of: pop()))
        case .index(let isOptional):
            let index = pop()
            stack.append(try Selection.index(pop(), by: index, isOptional: isOptional))
        case .call(let function, let count): try call(function, count)
        case .arithmetic(let operation):
            let right = pop()
            let left = pop()
            guard let result = try operation.apply(left, right, &meter) else {
                throw Self.noOverload("'\(operation.rawValue)'", [left, right])
            }
            stack.append(try checked(result))
        case .compare(let comparison):
            let right = pop()
            let left = pop()
            guard let result = try comparison.apply(left, right, &meter) else {
                throw Self.noOverload("'\(comparison.rawValue)'", [left, right])
            }
            stack.append(result)
        case .equal(let isNegated):
            let right = pop()
            let areEqual = try pop().equals(right, &meter)
            stack.append(.bool(areEqual != isNegated))
        case .matches(let expression):
            let value = pop()
            guard case .string(let text) = value else { throw Self.noOverload("'matches'", [value]) }
            stack.append(.bool(try TextFunctions.occurs(expression, in: text, &meter)))
        case .makeList(let count, let optional): stack.append(try list(count, optional))
        case .makeMap(let optional): stack.append(try map(optional))
        case .makeMessage(let type, let fields):
            let values = Array(stack.suffix(fields.count))
            stack.removeLast(fields.count)
            stack.append(try WellKnownMessage.make(type, fields, values))
        case .fail(let error): throw error
        case .jump(let label): return program.labels[label]
        case .branch(let otherwise):
            let condition = pop()
            guard case .bool(let holds) = condition else { throw Self.noOverload("'? :'", [condition]) }
            if !holds { return program.labels[otherwise] }
        case .unwrap(let slot, let exit): return try unwrap(into: slot, counter, exit)
        case .wrap(let isFlat):
            let value = pop()
            if isFlat, case .optional = value {
                stack.append(value)
            } else {
                guard !isFlat else { throw Self.noOverload("'optFlatMap'", [value]) }
                stack.append(try checked(.optional(OptionalValue(value))))
            }
        default: return try control(instruction, counter)
        }
        return counter + 1
    }

    // MARK: Errors

    /// - Returns: Where to go on.
    private mutating func recover(from error: ExpressionError) throws(ExpressionError) -> Int {
        guard error.code.isAbsorbed, let handler = handlers.last else { throw error.located(at: 0, in: program.source) }
        stack.removeLast(stack.count - handler.stackHeight)
        loops.removeLast(loops.count - handler.loopHeight)
        switch handler.kind {
        case .logic, .loop: if handler.pending == nil { handlers[handlers.count - 1].pending = error }
        case .binding(let slot):
            handlers.removeLast()
            locals[slot] = .failure(error)
        }
        return program.labels[handler.resume]
    }

    static func noOverload(_ what: String, _ values: some Collection<ExpressionValue>) -> ExpressionError {
        ExpressionError(
            .noOverload, "\(what) does not take (\(values.map(\.typeName).joined(separator: ", "))).", fix: "Convert a value first.")
    }

    // MARK: Values

    mutating func pop() -> ExpressionValue { stack.removeLast() }

    func checked(_ value: ExpressionValue) throws(ExpressionError) -> ExpressionValue {
        guard value.depth <= maximumNesting else {
            throw ExpressionError(.nesting, "Values nest deeper than \(maximumNesting).", fix: "Nest fewer lists and maps.")
        }
        return value
    }

    private mutating func load(_ candidates: [Binding.Candidate]) throws(ExpressionError) -> ExpressionValue {
        for candidate in candidates {
            guard var value = variables[candidate.name] ?? candidate.constant else { continue }
            value = try checked(value)
            for field in candidate.fields {
                try meter.charge(1)
                value = try Selection.select(SyntaxTree.Select(operand: 0, field: field), of: value)
            }
            return value
        }
        throw ExpressionError(
            .unknownName, "The variable '\(candidates.last?.name ?? "")' has no value.", fix: "Give it one, or test with 'has( )'.")
    }

    private mutating func local(_ slot: Int) throws(ExpressionError) -> ExpressionValue {
        switch locals[slot] {
        case .value(let value): return value
        case .failure(let error): throw error
        case .empty: throw ExpressionError(.unknownName, "A variable is used before it has a value.")
        }
    }

    private mutating func call(_ function: Function, _ count: Int) throws(ExpressionError) {
        let arguments = Array(stack.suffix(count))
        stack.removeLast(count)
        guard let result = try function.body(arguments, &meter) else {
            throw Self.noOverload("'\(Operator.spelling(of: function.name))'", arguments)
        }
        stack.append(try checked(result))
    }

    private mutating func list(_ count: Int, _ optional: Set<Int>) throws(ExpressionError) -> ExpressionValue {
        try meter.allocate(elements: count)
        let values = Array(stack.suffix(count))
        stack.removeLast(count)
        guard !optional.isEmpty else { return try checked(.list(values)) }
        var list = ListValue()
        for (index, value) in values.enumerated() {
            if !optional.contains(index) {
                list.append(value)
            } else if let content = try content(of: value) {
                list.append(content)
            }
        }
        return try checked(.list(list))
    }

    private mutating func map(_ optional: [Bool]) throws(ExpressionError) -> ExpressionValue {
        try meter.allocate(elements: optional.count * 4)
        let values = Array(stack.suffix(optional.count * 2))
        stack.removeLast(values.count)
        var map = MapValue()
        for (index, isOptional) in optional.enumerated() {
            var value = values[index * 2 + 1]
            if isOptional {
                guard let content = try content(of: value) else {
                    _ = try Self.key(values[index * 2])
                    continue
                }
                value = content
            }
            try Self.insert(value, for: values[index * 2], into: &map)
        }
        return try checked(.map(map))
    }

    static func insert(_ value: ExpressionValue, for key: ExpressionValue, into map: inout MapValue) throws(ExpressionError) {
        guard map.insert(value, for: try Self.key(key), spelled: key) else {
            throw ExpressionError(.duplicateKey, "A key of the map comes twice.")
        }
    }

    private static func key(_ value: ExpressionValue) throws(ExpressionError) -> MapKey {
        guard let key = MapKey(value) else {
            throw ExpressionError(
                .argument, "A value of type \(value.typeName) is no key of a map.", fix: "Use a text, a whole number or a bool.")
        }
        return key
    }

    /// Of an optional; nil when there is none.
    private func content(of value: ExpressionValue) throws(ExpressionError) -> ExpressionValue? {
        guard case .optional(let optional) = value else { throw Self.noOverload("'?'", [value]) }
        return optional.value
    }

    private mutating func unwrap(into slot: Int, _ counter: Int, _ exit: Instruction.Label) throws(ExpressionError) -> Int {
        let value = pop()
        guard let content = try content(of: value) else {
            stack.append(value)
            return program.labels[exit]
        }
        locals[slot] = .value(content)
        return counter + 1
    }
}
