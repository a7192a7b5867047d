// SPDX-License-Identifier: Apache-2.0

/// Finds what the names of an expression stand for (CEL specification, "Name Resolution").
///
/// A variable of a macro wins over all others; then the longest chain of names that is a variable, in the innermost container.
struct NameBinder {
    /// Longer chains of names are read as selections only.
    private static let longestPath = 32

    /// Macros within macros: each multiplies the work.
    private static let deepestScope = 64

    private struct Scope {
        let slots: [String: Int]
        let parent: Int
        let depth: Int
    }

    private let tree: SyntaxTree
    private let container: [String]
    private let library: FunctionLibrary
    /// Nil when names are looked up at evaluation.
    private let isDeclared: ((String) -> Bool)?
    private var binding: Binding
    private var scopes: [Scope] = []
    private var scopeOfNode: [Int]
    /// Nodes of chains already read.
    private var isSettled: [Bool]

    private static let unreached = -2
    private static let outermost = -1

    static func bind(
        _ tree: SyntaxTree, container: String, library: FunctionLibrary, isDeclared: ((String) -> Bool)?
    ) throws(ExpressionError) -> Binding {
        var binder = NameBinder(tree, container: container, library: library, isDeclared: isDeclared)
        // Parents have higher numbers than their parts, so that each node is reached after what encloses it.
        for id in tree.nodes.indices.reversed() where binder.scopeOfNode[id] != unreached && !binder.binding.isAbsorbed[id] {
            try binder.visit(id)
        }
        for id in tree.nodes.indices where binder.scopeOfNode[id] == unreached { binder.binding.isAbsorbed[id] = true }
        return binder.binding
    }

    private init(_ tree: SyntaxTree, container: String, library: FunctionLibrary, isDeclared: ((String) -> Bool)?) {
        self.tree = tree
        self.container = container.split(separator: ".").map(String.init)
        self.library = library
        self.isDeclared = isDeclared
        binding = Binding(
            references: Array(repeating: nil, count: tree.nodes.count), isAbsorbed: Array(repeating: false, count: tree.nodes.count))
        scopeOfNode = Array(repeating: Self.unreached, count: tree.nodes.count)
        scopeOfNode[tree.root] = Self.outermost
        isSettled = Array(repeating: false, count: tree.nodes.count)
    }

    private mutating func visit(_ id: SyntaxTree.NodeID) throws(ExpressionError) {
        let scope = scopeOfNode[id]
        switch tree[id].kind {
        case .literal, .absorbed: break
        case .identifier: try resolve(id, scope)
        case .select(let select):
            if tree[id].pathLength > 0 {
                try resolve(id, scope)
            } else {
                scopeOfNode[select.operand] = scope
            }
        case .call(let function, let target, let arguments):
            for argument in arguments { scopeOfNode[argument] = scope }
            resolveCall(id, function, target, scope)
        case .list(let elements, _): for element in elements { scopeOfNode[element] = scope }
        case .map(let entries):
            for entry in entries {
                scopeOfNode[entry.key] = scope
                scopeOfNode[entry.value] = scope
            }
        case .message(_, let fields): for field in fields { scopeOfNode[field.value] = scope }
        case .logic(_, let operands): for operand in operands { scopeOfNode[operand] = scope }
        case .conditional(let condition, let then, let otherwise):
            for part in [condition, then, otherwise] { scopeOfNode[part] = scope }
        case .loop(let loop): try enter(loop, id, scope)
        case .bind(let name, let value, let body):
            scopeOfNode[value] = scope
            scopeOfNode[body] = try declare([(name, .value(value))], id, scope)
        case .optionalMap(let target, let name, let body, _):
            scopeOfNode[target] = scope
            scopeOfNode[body] = try declare([(name, .content(of: target))], id, scope)
        case .block(let values, let body):
            let names = values.indices.map { (MacroExpansion.blockName(Int64($0)), Binding.Local.value(values[$0])) }
            let inner = try declare(names, id, scope)
            for value in values { scopeOfNode[value] = inner }
            scopeOfNode[body] = inner
        }
    }

    private mutating func enter(_ loop: SyntaxTree.Loop, _ id: SyntaxTree.NodeID, _ scope: Int) throws(ExpressionError) {
        scopeOfNode[loop.range] = scope
        let inner: Int
        if let second = loop.second {
            inner = try declare([(loop.first, .indexOrKey(of: loop.range)), (second, .elementOrValue(of: loop.range))], id, scope)
        } else {
            inner = try declare([(loop.first, .element(of: loop.range))], id, scope)
        }
        if let condition = loop.condition { scopeOfNode[condition] = inner }
        if let result = loop.result { scopeOfNode[result] = inner }
    }

    private mutating func declare(
        _ names: [(String, Binding.Local)], _ id: SyntaxTree.NodeID, _ scope: Int
    ) throws(ExpressionError) -> Int {
        let depth = scope < 0 ? 1 : scopes[scope].depth + 1
        guard depth <= Self.deepestScope else {
            throw ExpressionError(.nesting, "Macros nest deeper than \(Self.deepestScope).", fix: "Nest fewer.")
                .located(at: tree[id].offset, in: tree.source)
        }
        binding.firstLocal[id] = binding.locals.count
        var slots: [String: Int] = [:]
        for (name, local) in names {
            slots[name] = binding.locals.count
            binding.locals.append(local)
        }
        scopes.append(Scope(slots: slots, parent: scope, depth: depth))
        return scopes.count - 1
    }

    private func local(_ name: String, in scope: Int) -> Int? {
        var scope = scope
        while scope >= 0 {
            if let slot = scopes[scope].slots[name] { return slot }
            scope = scopes[scope].parent
        }
        return nil
    }

    // MARK: Chains of names

    private mutating func resolve(_ id: SyntaxTree.NodeID, _ scope: Int) throws(ExpressionError) {
        guard !isSettled[id] else { return }
        let path = chain(to: id)
        guard let root = path.first, case .identifier(let name) = tree[root].kind else { return }
        for node in path {
            isSettled[node] = true
            scopeOfNode[node] = scope
        }
        if let slot = local(name, in: scope) {
            binding.references[root] = .local(slot)
            return
        }
        let candidates = candidates(path)
        var end = path.count - 1
        if let isDeclared {
            guard let found = candidates.first(where: { isDeclared($0.name) || $0.constant != nil }) else { throw unknown(name, root) }
            // What is selected of the variable remains as nodes.
            end -= found.fields.count
            binding.references[path[end]] = .global([Binding.Candidate(name: found.name, fields: [], constant: found.constant)])
        } else {
            binding.references[id] = .global(candidates)
        }
        for node in path[..<end] { binding.isAbsorbed[node] = true }
    }

    /// Nodes of a chain, from its first name.
    private func chain(to id: SyntaxTree.NodeID) -> [SyntaxTree.NodeID] {
        var nodes = [id]
        while case .select(let select) = tree[nodes[nodes.count - 1]].kind { nodes.append(select.operand) }
        return nodes.reversed()
    }

    private func candidates(_ path: [SyntaxTree.NodeID]) -> [Binding.Candidate] {
        let names = path.map { node -> String in
            switch tree[node].kind {
            case .identifier(let name): name
            case .select(let select): select.field
            default: ""
            }
        }
        let isAbsolute = names[0].hasPrefix(".")
        var candidates: [Binding.Candidate] = []
        for length in (1...min(names.count, Self.longestPath)).reversed() {
            let joined = (isAbsolute ? String(names[0].dropFirst()) : names[0]) + names[1..<length].map { "." + $0 }.joined()
            let fields = names[length...]
            for prefix in prefixes(isAbsolute: isAbsolute) {
                let name = prefix + joined
                candidates.append(Binding.Candidate(name: name, fields: fields, constant: Self.constant(name)))
            }
        }
        return candidates
    }

    /// Containers from the innermost to none, each with a dot behind it.
    private func prefixes(isAbsolute: Bool) -> [String] {
        guard !isAbsolute else { return [""] }
        return (0...container.count).reversed().map { container.prefix($0).map { $0 + "." }.joined() }
    }

    private static func constant(_ name: String) -> ExpressionValue? {
        if name == "google.protobuf.NullValue.NULL_VALUE" { return .null }
        guard name != "timestamp", name != "duration", name != "null" else { return nil }
        return ExpressionType(named: name).map { .type($0.name) }
    }

    // MARK: Functions

    private mutating func resolveCall(_ id: SyntaxTree.NodeID, _ function: String, _ target: SyntaxTree.NodeID?, _ scope: Int) {
        guard let target else {
            let isAbsolute = function.hasPrefix(".")
            let name = isAbsolute ? String(function.dropFirst()) : function
            let found = prefixes(isAbsolute: isAbsolute).map { $0 + name }.first { library[$0] != nil }
            binding.references[id] = .function(found ?? name)
            return
        }
        scopeOfNode[target] = scope
        guard (1...4).contains(tree[target].pathLength) else { return }
        let path = chain(to: target)
        guard let root = path.first, case .identifier(let first) = tree[root].kind, local(first, in: scope) == nil else { return }
        for candidate in candidates(path) where candidate.fields.isEmpty {
            let name = candidate.name + "." + function
            guard library[name] != nil else { continue }
            binding.references[id] = .function(name)
            for node in path { binding.isAbsorbed[node] = true }
            return
        }
    }

    private func unknown(_ name: String, _ id: SyntaxTree.NodeID) -> ExpressionError {
        ExpressionError(.unknownName, "There is no variable '\(name)'.", fix: "Use one that is declared here.")
            .located(at: tree[id].offset, in: tree.source)
    }
}
