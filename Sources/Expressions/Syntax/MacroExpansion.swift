// SPDX-License-Identifier: Apache-2.0

/// Turns calls that are macros into nodes of their own (CEL specification, "Macros", and the extensions for two variables, optionals,
/// bindings and blocks).
struct MacroExpansion {
    typealias NodeID = SyntaxTree.NodeID

    var tree = SyntaxTree(source: "")
    let function: String
    let target: NodeID?
    let arguments: [NodeID]
    let offset: Int

    struct Expanded {
        var kind: SyntaxTree.Kind
        var pathLength = 0
    }

    init(function: String, target: NodeID?, arguments: [NodeID], offset: Int) {
        self.function = function
        self.target = target
        self.arguments = arguments
        self.offset = offset
    }

    /// Nil when the call is no macro.
    mutating func expand() throws(ExpressionError) -> Expanded? {
        guard let target else { return function == "has" && arguments.count == 1 ? try presence() : nil }
        if case .identifier("cel") = tree[target].kind, let expanded = try binding(target) { return expanded }
        if case .identifier("math") = tree[target].kind, let expanded = extreme(target) { return expanded }
        switch (function, arguments.count) {
        case ("all", 2), ("all", 3): return try loop(.all, over: target, variables: arguments.count - 1, hasCondition: true)
        case ("exists", 2), ("exists", 3): return try loop(.exists, over: target, variables: arguments.count - 1, hasCondition: true)
        case ("exists_one", 2), ("existsOne", 2), ("existsOne", 3), ("exists_one", 3):
            return try loop(.existsOne, over: target, variables: arguments.count - 1, hasCondition: true)
        case ("filter", 2): return try loop(.list, over: target, variables: 1, hasCondition: true)
        case ("map", 2), ("map", 3):
            return try loop(.list, over: target, variables: 1, hasCondition: arguments.count == 3, hasResult: true)
        case ("transformList", 3), ("transformList", 4):
            return try loop(.list, over: target, variables: 2, hasCondition: arguments.count == 4, hasResult: true)
        case ("transformMap", 3), ("transformMap", 4):
            return try loop(.map, over: target, variables: 2, hasCondition: arguments.count == 4, hasResult: true)
        case ("transformMapEntry", 3), ("transformMapEntry", 4):
            return try loop(.mapEntry, over: target, variables: 2, hasCondition: arguments.count == 4, hasResult: true)
        case ("optMap", 2), ("optFlatMap", 2):
            let name = try variable(0)
            return Expanded(kind: .optionalMap(target, name: name, body: arguments[1], isFlat: function == "optFlatMap"))
        default: return nil
        }
    }

    private mutating func presence() throws(ExpressionError) -> Expanded {
        guard case .select(var select) = tree[arguments[0]].kind, !select.isOptional else {
            throw error("'has' takes the selection of a field.", fix: "Write 'has(value.field)'.")
        }
        tree.nodes[arguments[0]].kind = .absorbed
        select.isTest = true
        return Expanded(kind: .select(select))
    }

    private mutating func loop(
        _ kind: SyntaxTree.Loop.Kind, over range: NodeID, variables: Int, hasCondition: Bool, hasResult: Bool = false
    ) throws(ExpressionError) -> Expanded {
        let first = try variable(0)
        let second = variables == 2 ? try variable(1) : nil
        guard first != second else { throw error("Both variables of '\(function)' are named '\(first)'.", fix: "Name them differently.") }
        return Expanded(
            kind: .loop(
                SyntaxTree.Loop(
                    kind: kind, range: range, first: first, second: second, condition: hasCondition ? arguments[variables] : nil,
                    result: hasResult ? arguments.last : nil)))
    }

    private mutating func binding(_ target: NodeID) throws(ExpressionError) -> Expanded? {
        let expanded: Expanded
        switch (function, arguments.count) {
        case ("bind", 3):
            let name = try variable(0)
            expanded = Expanded(kind: .bind(name: name, value: arguments[1], body: arguments[2]))
        case ("block", 2):
            guard case .list(let values, let optional) = tree[arguments[0]].kind, optional.isEmpty else {
                throw error("'cel.block' takes a list first.", fix: "Write 'cel.block([first, second], cel.index(0) + cel.index(1))'.")
            }
            tree.nodes[arguments[0]].kind = .absorbed
            expanded = Expanded(kind: .block(values, body: arguments[1]))
        case ("index", 1): expanded = Expanded(kind: .identifier(Self.blockName(try number(0))), pathLength: 1)
        case ("iterVar", 2), ("accuVar", 2):
            let name = "@\(function):\(try number(0)):\(try number(1))"
            expanded = Expanded(kind: .identifier(name), pathLength: 1)
        default: return nil
        }
        tree.nodes[target].kind = .absorbed
        return expanded
    }

    /// The greatest or least of three and more is that of a list.
    private mutating func extreme(_ target: NodeID) -> Expanded? {
        guard function == "greatest" || function == "least", arguments.count > 2 else { return nil }
        tree.nodes.append(SyntaxTree.Node(kind: .list(arguments, optional: []), offset: offset))
        return Expanded(kind: .call(function: function, target: target, arguments: [tree.nodes.count - 1]))
    }

    /// The name under which the value of a block stands; no person can write it.
    static func blockName(_ index: Int64) -> String { "@index:\(index)" }

    private mutating func variable(_ index: Int) throws(ExpressionError) -> String {
        guard case .identifier(let name) = tree[arguments[index]].kind, !name.hasPrefix(".") else {
            throw error(
                "Argument \(index + 1) of '\(function)' is no simple name.", fix: "Name the variable, as in 'list.\(function)(x, …)'.")
        }
        tree.nodes[arguments[index]].kind = .absorbed
        return name
    }

    private mutating func number(_ index: Int) throws(ExpressionError) -> Int64 {
        guard case .literal(.int(let number)) = tree[arguments[index]].kind, number >= 0 else {
            throw error("Argument \(index + 1) of 'cel.\(function)' is no whole number from 0 on.")
        }
        tree.nodes[arguments[index]].kind = .absorbed
        return number
    }

    private func error(_ what: String, fix: String? = nil) -> ExpressionError {
        ExpressionError(.syntax, what, fix: fix).located(at: offset, in: tree.source)
    }
}
