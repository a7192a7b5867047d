// SPDX-License-Identifier: Apache-2.0

/// Writes the instructions of an expression, without recursion.
struct ProgramCompiler {
    typealias NodeID = SyntaxTree.NodeID

    private enum Task {
        case visit(NodeID)
        case emit(Instruction)
        case mark(Instruction.Label)
    }

    private let tree: SyntaxTree
    private let binding: Binding
    private let library: FunctionLibrary
    private var tasks: [(task: Task, offset: Int)] = []
    private var instructions: [Instruction] = []
    private var offsets: [Int] = []
    private var labels: [Int] = []

    static func compile(_ tree: SyntaxTree, _ binding: Binding, library: FunctionLibrary) -> Program {
        var compiler = ProgramCompiler(tree: tree, binding: binding, library: library)
        compiler.run()
        return Program(
            source: tree.source, instructions: compiler.instructions, offsets: compiler.offsets, labels: compiler.labels,
            localCount: binding.locals.count)
    }

    private init(tree: SyntaxTree, binding: Binding, library: FunctionLibrary) {
        self.tree = tree
        self.binding = binding
        self.library = library
    }

    private mutating func run() {
        tasks.append((.visit(tree.root), 0))
        while let (task, offset) = tasks.popLast() {
            switch task {
            case .visit(let id): schedule(parts(of: id), tree[id].offset)
            case .emit(let instruction):
                instructions.append(instruction)
                offsets.append(offset)
            case .mark(let label): labels[label] = instructions.count
            }
        }
    }

    private mutating func schedule(_ parts: [Task], _ offset: Int) {
        for part in parts.reversed() { tasks.append((part, offset)) }
    }

    private mutating func label() -> Instruction.Label {
        labels.append(0)
        return labels.count - 1
    }

    private mutating func parts(of id: NodeID) -> [Task] {
        switch tree[id].kind {
        case .literal(let value): return [.emit(.push(value))]
        case .identifier: return [.emit(load(id))]
        case .select(let select):
            if case .global? = binding.references[id] { return [.emit(load(id))] }
            return [.visit(select.operand), .emit(.select(select))]
        case .call(let function, let target, let arguments): return call(function, target, arguments, id)
        case .list(let elements, let optional):
            return elements.map { .visit($0) } + [.emit(.makeList(count: elements.count, optional: optional))]
        case .map(let entries):
            return entries.flatMap { [Task.visit($0.key), .visit($0.value)] } + [.emit(.makeMap(entries.map(\.isOptional)))]
        case .message(let type, let fields):
            return fields.map { .visit($0.value) } + [.emit(.makeMessage(type: type, fields: fields.map(\.name)))]
        case .logic(let isAnd, let operands): return logic(isAnd, operands)
        case .conditional(let condition, let then, let otherwise):
            let (second, end) = (label(), label())
            return [
                .visit(condition), .emit(.branch(otherwise: second)), .visit(then), .emit(.jump(end)), .mark(second), .visit(otherwise),
                .mark(end),
            ]
        case .loop(let node): return loop(node, id)
        case .bind(_, let value, let body):
            return store(value, binding.firstLocal[id] ?? 0) + [.visit(body)]
        case .optionalMap(let target, _, let body, let isFlat):
            let end = label()
            return [
                .visit(target), .emit(.unwrap(binding.firstLocal[id] ?? 0, exit: end)), .visit(body), .emit(.wrap(isFlat: isFlat)),
                .mark(end),
            ]
        case .block(let values, let body):
            let first = binding.firstLocal[id] ?? 0
            var parts: [Task] = []
            for (index, value) in values.enumerated() { parts += store(value, first + index) }
            return parts + [.visit(body)]
        case .absorbed: return []
        }
    }

    private func load(_ id: NodeID) -> Instruction {
        switch binding.references[id] {
        case .local(let slot): return .loadLocal(slot)
        case .global(let candidates):
            if candidates.count == 1, let only = candidates.first, let constant = only.constant { return .push(constant) }
            return .loadGlobal(candidates)
        case .function, nil: return .loadGlobal([])
        }
    }

    private mutating func store(_ value: NodeID, _ slot: Int) -> [Task] {
        let end = label()
        return [.emit(.beginBinding(slot, end: end)), .visit(value), .emit(.endBinding(slot)), .mark(end)]
    }

    private mutating func logic(_ isAnd: Bool, _ operands: [NodeID]) -> [Task] {
        let exit = label()
        var parts: [Task] = [.emit(.beginLogic)]
        for operand in operands {
            let next = label()
            parts += [.emit(.beginOperand(next: next)), .visit(operand), .emit(.testOperand(isAnd: isAnd, exit: exit)), .mark(next)]
        }
        return parts + [.emit(.endLogic(isAnd: isAnd)), .mark(exit)]
    }

    private mutating func loop(_ loop: SyntaxTree.Loop, _ id: NodeID) -> [Task] {
        let (next, exit) = (label(), label())
        let first = binding.firstLocal[id] ?? 0
        var parts: [Task] = [
            .visit(loop.range), .emit(.beginLoop(loop.kind, next: next)), .mark(next),
            .emit(.nextElement(first: first, second: loop.second == nil ? nil : first + 1, exit: exit)),
        ]
        if let condition = loop.condition { parts += [.visit(condition), .emit(.testElement(next: next, exit: exit))] }
        switch loop.kind {
        case .all, .exists, .existsOne: break
        case .list, .map, .mapEntry:
            if let result = loop.result { parts.append(.visit(result)) }
            parts.append(.emit(.collect(hasResult: loop.result != nil, next: next)))
        }
        return parts + [.mark(exit)]
    }

    // MARK: Calls

    private mutating func call(_ function: String, _ target: NodeID?, _ arguments: [NodeID], _ id: NodeID) -> [Task] {
        var name = function
        var operands = arguments
        var isMember = false
        if case .function(let found)? = binding.references[id] {
            name = found
        } else if let target {
            operands.insert(target, at: 0)
            isMember = true
        }
        if name == "matches", operands.count == 2, case .literal(.string(let pattern)) = tree[operands[1]].kind,
            let expression = try? RegularExpression(pattern)
        {
            return [.visit(operands[0]), .emit(.matches(expression))]
        }
        if isMember, operands.count == 2, name == "or" || name == "orValue" {
            let exit = label()
            let isValue = name == "orValue"
            let end: [Task] = isValue ? [] : [.emit(.requireOptional)]
            return [.visit(operands[0]), .emit(.orElse(isValue: isValue, exit: exit)), .visit(operands[1])] + end + [.mark(exit)]
        }
        return operands.map { .visit($0) } + [.emit(instruction(for: name, count: operands.count, isMember))]
    }

    private func instruction(for name: String, count: Int, _ isMember: Bool) -> Instruction {
        if let arithmetic = Arithmetic(function: name) { return .arithmetic(arithmetic) }
        if let comparison = Comparison(function: name) { return .compare(comparison) }
        switch name {
        case "_==_": return .equal(isNegated: false)
        case "_!=_": return .equal(isNegated: true)
        case "_[_]": return .index(isOptional: false)
        case "_[?_]": return .index(isOptional: true)
        default: break
        }
        guard let function = library[name] else {
            return .fail(ExpressionError(.unknownFunction, "There is no function '\(name)'."))
        }
        guard function.takes(count, isMember: isMember) else {
            return .fail(ExpressionError(.noOverload, "No form of '\(name)' is called this way.", fix: "Look up its arguments."))
        }
        return .call(function, count: count)
    }
}
