// SPDX-License-Identifier: Apache-2.0

/// What names of an expression stand for.
struct Binding: Sendable {
    enum Reference: Sendable {
        /// A variable of a macro.
        case local(Int)
        /// A variable, or a constant of the language, found in this order.
        case global([Candidate])
        /// A function, called without target.
        case function(String)
    }

    /// One way to read a chain of names.
    struct Candidate: Sendable {
        let name: String
        /// Fields selected of what has the name.
        let fields: ArraySlice<String>
        /// Of a name of the language itself.
        let constant: ExpressionValue?
    }

    /// What a variable of a macro holds.
    enum Local: Sendable {
        /// Of a list, or the key of a map.
        case element(of: SyntaxTree.NodeID)
        case indexOrKey(of: SyntaxTree.NodeID)
        case elementOrValue(of: SyntaxTree.NodeID)
        case value(SyntaxTree.NodeID)
        case content(of: SyntaxTree.NodeID)
    }

    var references: [Reference?]
    var isAbsorbed: [Bool]
    var locals: [Local] = []
    /// The first local of a node that has locals.
    var firstLocal: [SyntaxTree.NodeID: Int] = [:]
}
