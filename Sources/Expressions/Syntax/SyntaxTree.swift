// SPDX-License-Identifier: Apache-2.0

/// An expression as nodes that refer to one another by number; parts come before what they are part of.
///
/// One array without references in memory: neither reading, checking nor dropping a deeply nested expression recurses.
struct SyntaxTree: Sendable {
    typealias NodeID = Int

    struct Node: Sendable {
        var kind: Kind
        /// Where to point when it fails, in bytes.
        var offset: Int
        /// Names of a chain such as `a.b.c`, that may together name one variable; 0 for any other node.
        var pathLength = 0
    }

    enum Kind: Sendable {
        case literal(ExpressionValue)
        /// With a leading dot when it stands outside all containers.
        case identifier(String)
        case select(Select)
        case call(function: String, target: NodeID?, arguments: [NodeID])
        case list([NodeID], optional: Set<Int>)
        case map([Entry])
        case message(type: String, fields: [Field])
        /// Both operands and all that follow with the same operator.
        case logic(isAnd: Bool, [NodeID])
        case conditional(NodeID, then: NodeID, otherwise: NodeID)
        case loop(Loop)
        case bind(name: String, value: NodeID, body: NodeID)
        /// `optMap` and, when flat, `optFlatMap`.
        case optionalMap(NodeID, name: String, body: NodeID, isFlat: Bool)
        case block([NodeID], body: NodeID)
        /// Taken up by another node: never looked at.
        case absorbed
    }

    struct Select: Sendable {
        var operand: NodeID
        var field: String
        /// `a.?b`.
        var isOptional = false
        /// `has(a.b)`.
        var isTest = false
    }

    struct Entry: Sendable {
        var key: NodeID
        var value: NodeID
        var isOptional: Bool
    }

    struct Field: Sendable {
        var name: String
        var value: NodeID
    }

    /// A macro over the elements of a list or the keys of a map.
    struct Loop: Sendable {
        enum Kind: Sendable { case all, exists, existsOne, list, map, mapEntry }

        var kind: Kind
        var range: NodeID
        /// The element or key, or of two variables the index or key.
        var first: String
        /// The element or value.
        var second: String?
        var condition: NodeID?
        var result: NodeID?
    }

    let source: String
    var nodes: [Node] = []
    var root: NodeID = 0

    subscript(_ id: NodeID) -> Node { nodes[id] }

    /// Names of the chain that ends at a node, from its first; nil when it is no chain.
    func path(to id: NodeID) -> [String]? {
        guard nodes[id].pathLength > 0 else { return nil }
        var names: [String] = []
        var id = id
        while true {
            switch nodes[id].kind {
            case .select(let select):
                names.append(select.field)
                id = select.operand
            case .identifier(let name):
                names.append(name)
                return names.reversed()
            default: return nil
            }
        }
    }
}
