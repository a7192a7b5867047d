// SPDX-License-Identifier: Apache-2.0

/// Finds the type of every part of an expression and refuses what cannot have a value (CEL specification, "Gradual Type Checking").
struct TypeChecker {
    typealias NodeID = SyntaxTree.NodeID

    let tree: SyntaxTree
    let binding: Binding
    let variables: [String: ExpressionType]
    let library: FunctionLibrary
    var inference = TypeInference()
    var types: [ExpressionType]
    private var localTypes: [ExpressionType?]

    /// - Returns: The type of the whole.
    static func check(
        _ tree: SyntaxTree, _ binding: Binding, variables: [String: ExpressionType], library: FunctionLibrary
    ) throws(ExpressionError) -> ExpressionType {
        var checker = TypeChecker(tree, binding, variables: variables, library: library)
        // Parts have lower numbers than what they are part of, and ranges lower ones than what is asked of their elements.
        for id in tree.nodes.indices where !binding.isAbsorbed[id] {
            let found = try checker.type(of: id)
            let type = checker.inference.resolved(found)
            guard type.depth <= maximumNesting else {
                throw checker.error(.nesting, "Types nest deeper than \(maximumNesting).", at: id, fix: "Nest fewer lists and maps.")
            }
            checker.types[id] = type
        }
        return checker.inference.resolved(checker.types[tree.root], final: true)
    }

    private init(_ tree: SyntaxTree, _ binding: Binding, variables: [String: ExpressionType], library: FunctionLibrary) {
        self.tree = tree
        self.binding = binding
        self.variables = variables
        self.library = library
        types = Array(repeating: .dyn, count: tree.nodes.count)
        localTypes = Array(repeating: nil, count: binding.locals.count)
    }

    private mutating func type(of id: NodeID) throws(ExpressionError) -> ExpressionType {
        switch tree[id].kind {
        case .literal(let value): return Self.type(of: value)
        case .identifier: return try type(ofName: id)
        case .select(let select):
            if case .global? = binding.references[id] { return try type(ofName: id) }
            return try type(of: select, id)
        case .call(let function, let target, let arguments): return try type(ofCall: function, target, arguments, id)
        case .list(let elements, let optional): return try type(ofList: elements, optional)
        case .map(let entries): return try type(ofMap: entries)
        case .message(let type, let fields): return try WellKnownMessage.type(named: type, fields.map(\.name), at: id, in: tree)
        case .logic(let isAnd, let operands):
            for operand in operands { try require(.bool, operand, isAnd ? "'&&'" : "'||'") }
            return .bool
        case .conditional(let condition, let then, let otherwise):
            try require(.bool, condition, "The condition before '?'")
            let result = inference.unknown()
            guard inference.fit([types[then], types[otherwise]], [result, result]) else {
                throw error(
                    .noOverload, "'?:' gives \(shown(types[then])) or \(shown(types[otherwise])).", at: id,
                    fix: "Give both the same type, or wrap one in 'dyn( )'.")
            }
            return result
        case .loop(let loop): return try type(of: loop, id)
        case .bind(_, _, let body): return types[body]
        case .optionalMap(let target, _, let body, let isFlat):
            _ = try content(of: target)
            guard isFlat else { return .optional(types[body]) }
            let content = inference.unknown()
            guard inference.fits(types[body], .optional(content)) else {
                throw error(.type, "'optFlatMap' needs an optional, not \(shown(types[body])).", at: body, fix: "Use 'optMap'.")
            }
            return .optional(content)
        case .block(_, let body): return types[body]
        case .absorbed: return .dyn
        }
    }

    private static func type(of literal: ExpressionValue) -> ExpressionType {
        switch literal {
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .null: .null
        default: .dyn
        }
    }

    private mutating func type(ofName id: NodeID) throws(ExpressionError) -> ExpressionType {
        switch binding.references[id] {
        case .local(let slot): return try type(ofLocal: slot)
        case .global(let candidates):
            guard let found = candidates.first else { return .dyn }
            if let declared = variables[found.name] { return declared }
            if case .type(let name) = found.constant { return .type(ExpressionType(named: name)) }
            return .null
        case .function, nil: return .dyn
        }
    }

    private mutating func type(ofLocal slot: Int) throws(ExpressionError) -> ExpressionType {
        if let known = localTypes[slot] { return known }
        let type: ExpressionType
        switch binding.locals[slot] {
        case .element(let range): type = try parts(ofRange: range).first
        case .indexOrKey(let range): type = try parts(ofRange: range).index
        case .elementOrValue(let range): type = try parts(ofRange: range).value
        case .value(let node): type = types[node]
        case .content(let node): type = try content(of: node)
        }
        localTypes[slot] = type
        return type
    }

    // MARK: Selection

    private mutating func type(of select: SyntaxTree.Select, _ id: NodeID) throws(ExpressionError) -> ExpressionType {
        var operand = inference.resolved(types[select.operand])
        var isOptional = select.isOptional
        if case .optional(let content) = operand {
            operand = content
            isOptional = true
        }
        let field: ExpressionType
        switch operand {
        case .map(_, let value): field = value
        case .dyn: field = .dyn
        case .unknown:
            _ = inference.fits(.dyn, operand)
            field = .dyn
        default:
            throw error(
                .type, "\(shown(operand)) has no fields, so there is no '.\(select.field)'.", at: id,
                fix: "Select from a map.")
        }
        if select.isTest { return .bool }
        return isOptional ? .optional(field) : field
    }

    // MARK: Lists and maps

    private mutating func type(ofList elements: [NodeID], _ optional: Set<Int>) throws(ExpressionError) -> ExpressionType {
        var joined: ExpressionType?
        for (index, element) in elements.enumerated() {
            let type = optional.contains(index) ? try content(of: element) : types[element]
            joined = inference.join(joined.map { inference.resolved($0) }, inference.resolved(type))
        }
        return .list(joined ?? inference.unknown())
    }

    private mutating func type(ofMap entries: [SyntaxTree.Entry]) throws(ExpressionError) -> ExpressionType {
        var keys: ExpressionType?
        var values: ExpressionType?
        for entry in entries {
            let key = inference.resolved(types[entry.key])
            switch key {
            case .bool, .int, .uint, .string, .dyn, .unknown: break
            default:
                throw error(.type, "\(shown(key)) is no key of a map.", at: entry.key, fix: "Use a text, a whole number or a bool.")
            }
            let value = entry.isOptional ? try content(of: entry.value) : types[entry.value]
            keys = inference.join(keys.map { inference.resolved($0) }, key)
            values = inference.join(values.map { inference.resolved($0) }, inference.resolved(value))
        }
        return .map(keys ?? inference.unknown(), values ?? inference.unknown())
    }

    // MARK: Macros

    private mutating func type(of loop: SyntaxTree.Loop, _ id: NodeID) throws(ExpressionError) -> ExpressionType {
        let range = try parts(ofRange: loop.range)
        if let condition = loop.condition { try require(.bool, condition, "What is asked of each element") }
        let result = loop.result.map { types[$0] }
        switch loop.kind {
        case .all, .exists, .existsOne: return .bool
        case .list: return .list(result ?? range.first)
        case .map: return .map(range.index, result ?? .dyn)
        case .mapEntry:
            let entry = ExpressionType.map(inference.unknown(), inference.unknown())
            guard let result, inference.fits(result, entry) else {
                throw error(.type, "'transformMapEntry' needs a map for each entry.", at: id, fix: "Write '{key: value}'.")
            }
            return entry
        }
    }

    /// Types of the variables over a range: of one variable, and of two.
    private mutating func parts(
        ofRange id: NodeID
    ) throws(ExpressionError) -> (first: ExpressionType, index: ExpressionType, value: ExpressionType) {
        let range = inference.resolved(types[id])
        switch range {
        case .list(let element): return (element, .int, element)
        case .map(let key, let value): return (key, key, value)
        case .dyn: return (.dyn, .dyn, .dyn)
        case .unknown:
            _ = inference.fits(.dyn, range)
            return (.dyn, .dyn, .dyn)
        default:
            throw error(.type, "\(shown(range)) has no elements to go over.", at: id, fix: "Go over a list or a map.")
        }
    }

    /// What an optional holds.
    private mutating func content(of id: NodeID) throws(ExpressionError) -> ExpressionType {
        let content = inference.unknown()
        guard inference.fits(types[id], .optional(content)) else {
            throw error(.type, "An optional is needed here, not \(shown(types[id])).", at: id, fix: "Wrap it in 'optional.of( )'.")
        }
        return inference.resolved(content)
    }

    private mutating func require(_ type: ExpressionType, _ id: NodeID, _ what: String) throws(ExpressionError) {
        guard inference.fits(types[id], type) else {
            throw error(.noOverload, "\(what) needs \(type), not \(shown(types[id])).", at: id, fix: "Compare, as in 'x != 0'.")
        }
    }

    func shown(_ type: ExpressionType) -> String { inference.resolved(type, final: true).description }

    func error(_ code: ExpressionError.Code, _ what: String, at id: NodeID, fix: String? = nil) -> ExpressionError {
        ExpressionError(code, what, fix: fix).located(at: tree[id].offset, in: tree.source)
    }
}
