// SPDX-License-Identifier: Apache-2.0

/// One place where an expression reads a variable, with what it selects of it: `a.b["c"]` reads `b` and `c` of `a`.
package struct VariableUse: Hashable, Sendable {
    package var variable: String
    /// Fields and literal texts in brackets, from the outside in, as far as they are written out.
    package var path: [String]
    package var position: SourcePosition
}

extension VariableUse {
    /// Every use of a free variable, in the order of the text; variables of macros are not free.
    ///
    /// - Throws: What cannot be read. Whether variables and types are known is for `ExpressionEnvironment.compile`.
    package static func all(in source: String, limits: SyntaxLimits = .standard) throws(ExpressionError) -> [VariableUse] {
        let tree = try Parser.parse(source, limits: limits)
        // Any single name may be a variable: what is selected of it stays in the tree.
        let binding = try NameBinder.bind(tree, container: "", library: .standard) { !$0.contains(".") }
        let selections = Self.selections(of: tree)
        var uses: [VariableUse] = []
        for id in tree.nodes.indices where !binding.isAbsorbed[id] {
            guard case .global(let candidates)? = binding.references[id], let name = candidates.first, name.constant == nil else {
                continue
            }
            var path: [String] = []
            var place = id
            while let next = selections[place] {
                path.append(next.key)
                place = next.node
            }
            uses.append(VariableUse(variable: name.name, path: path, position: SourcePosition(offset: tree[id].offset, in: source)))
        }
        return uses.sorted { $0.position.offset < $1.position.offset }
    }

    /// By what is selected from: the key, if it is written out, and the node that stands for what is there.
    private static func selections(of tree: SyntaxTree) -> [SyntaxTree.NodeID: (key: String, node: SyntaxTree.NodeID)] {
        var selections: [SyntaxTree.NodeID: (key: String, node: SyntaxTree.NodeID)] = [:]
        for id in tree.nodes.indices {
            switch tree[id].kind {
            case .select(let select): selections[select.operand] = (select.field, id)
            case .call("_[_]", target: nil, let arguments), .call("_[?_]", target: nil, let arguments):
                guard arguments.count == 2, case .literal(.string(let key)) = tree[arguments[1]].kind else { continue }
                selections[arguments[0]] = (key, id)
            default: break
            }
        }
        return selections
    }
}
