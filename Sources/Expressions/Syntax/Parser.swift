// SPDX-License-Identifier: Apache-2.0

/// Reads an expression by the precedence of its operators (CEL specification, "Syntax").
///
/// What is open stands in `frames` and not on the stack of the thread, so that nesting is bounded by the length of the text only.
struct Parser {
    /// Something begun whose end has not been seen.
    struct Frame {
        enum Kind {
            case unary(sign: String, count: Int)
            case binary(Operator)
            case group
            /// Behind `?`: waits for `:`.
            case condition(NodeID)
            /// Behind `:`.
            case alternative(NodeID, then: NodeID)
            case call(function: String, target: NodeID?)
            case index(NodeID, isOptional: Bool)
            case list
            case map
            case message(type: String)
        }

        var kind: Kind
        var offset: Int
        var parts: [NodeID] = []
        /// Of lists and maps, the entries behind a `?`.
        var optional: Set<Int> = []
        /// Of a map, what stands before the colon.
        var key: NodeID?
        var entries: [SyntaxTree.Entry] = []
        var fields: [SyntaxTree.Field] = []
        var fieldName = ""
    }

    typealias NodeID = SyntaxTree.NodeID

    var tree: SyntaxTree
    private let tokens: [Token]
    let limits: SyntaxLimits
    let allowsMacros: Bool
    var position = 0
    var frames: [Frame] = []
    var operands: [NodeID] = []
    var expectsOperand = true

    static func parse(_ source: String, limits: SyntaxLimits, allowsMacros: Bool = true) throws(ExpressionError) -> SyntaxTree {
        guard source.utf8.count <= limits.length else {
            throw ExpressionError(
                .tooLarge, "The expression has \(source.utf8.count) bytes, more than \(limits.length).", fix: "Write less.")
        }
        var parser = Parser(source, tokens: try Scanner.tokens(of: source), limits: limits, allowsMacros: allowsMacros)
        try parser.run()
        return parser.tree
    }

    private init(_ source: String, tokens: [Token], limits: SyntaxLimits, allowsMacros: Bool) {
        tree = SyntaxTree(source: source)
        self.tokens = tokens
        self.limits = limits
        self.allowsMacros = allowsMacros
    }

    private mutating func run() throws(ExpressionError) {
        while true {
            if expectsOperand {
                try readOperand()
            } else if try readOperation() {
                return
            }
        }
    }

    // MARK: Operands

    mutating func readOperand() throws(ExpressionError) {
        let token = take()
        switch token.kind {
        case .int(let magnitude): push(try number(magnitude, isNegative: false, token), token)
        case .uint(let number): push(.literal(.uint(number)), token)
        case .double(let number): push(.literal(.double(number)), token)
        case .string(let text): push(.literal(.string(text)), token)
        case .bytes(let bytes): push(.literal(.bytes(bytes)), token)
        case .identifier(let name): try readName(name, token)
        case .sign("."):
            guard case .identifier(let name) = take().kind else { throw unexpected(token) }
            try readName("." + name, token)
        case .sign("-"), .sign("!"): try readUnary(token)
        case .sign("("): frames.append(Frame(kind: .group, offset: token.offset))
        case .sign("["):
            frames.append(Frame(kind: .list, offset: token.offset))
            try beginElement()
        case .sign("{"):
            frames.append(Frame(kind: .map, offset: token.offset))
            try beginElement()
        default: throw unexpected(token)
        }
    }

    mutating func readName(_ name: String, _ token: Token) throws(ExpressionError) {
        switch name {
        case "true": return push(.literal(.bool(true)), token)
        case "false": return push(.literal(.bool(false)), token)
        case "null": return push(.literal(.null), token)
        default: break
        }
        if Self.reserved.contains(name) {
            throw error("'\(name)' is a reserved word.", at: token.offset, fix: "Choose another name.")
        }
        if next.isSign("(") {
            try beginCall(name, of: nil, token)
        } else {
            push(.identifier(name), token, pathLength: 1)
        }
    }

    /// A run of `!` or `-`: pairs cancel out, and one minus belongs to the number behind it.
    mutating func readUnary(_ token: Token) throws(ExpressionError) {
        var count = 1
        while next.kind == token.kind {
            count += 1
            position += 1
        }
        if count == 1, token.isSign("-") {
            switch next.kind {
            case .int(let magnitude):
                position += 1
                return push(try number(magnitude, isNegative: true, token), token)
            case .double(let number):
                position += 1
                return push(.literal(.double(-number)), token)
            default: break
            }
        }
        guard case .sign(let sign) = token.kind else { return }
        frames.append(Frame(kind: .unary(sign: sign, count: count), offset: token.offset))
    }

    func number(_ magnitude: UInt64, isNegative: Bool, _ token: Token) throws(ExpressionError) -> SyntaxTree.Kind {
        if isNegative, magnitude == UInt64(Int64.max) + 1 { return .literal(.int(.min)) }
        guard let number = Int64(exactly: magnitude) else {
            throw error("The whole number needs more than 64 bits.", at: token.offset, fix: "Write a double, with a decimal point.")
        }
        return .literal(.int(isNegative ? -number : number))
    }

    // MARK: Nodes

    mutating func push(_ kind: SyntaxTree.Kind, _ token: Token, pathLength: Int = 0) {
        push(kind, at: token.offset, pathLength: pathLength)
    }

    mutating func push(_ kind: SyntaxTree.Kind, at offset: Int, pathLength: Int = 0) {
        operands.append(tree.nodes.count)
        tree.nodes.append(SyntaxTree.Node(kind: kind, offset: offset, pathLength: pathLength))
        expectsOperand = false
    }

    func checkSize() throws(ExpressionError) {
        guard tree.nodes.count <= limits.nodes else {
            throw ExpressionError(.tooLarge, "The expression has more than \(limits.nodes) parts.", fix: "Write less.")
        }
    }

    // MARK: Tokens

    var next: Token { tokens[min(position, tokens.count - 1)] }

    mutating func take() -> Token {
        let token = next
        position += 1
        return token
    }

    func unexpected(_ token: Token) -> ExpressionError {
        let what = expectsOperand ? "A value is missing before \(token.text)." : "\(token.text) does not fit here.".capitalizedFirst
        return error(what, at: token.offset)
    }

    func error(_ what: String, at offset: Int, fix: String? = nil) -> ExpressionError {
        ExpressionError(.syntax, what, fix: fix).located(at: offset, in: tree.source)
    }

    static let literals: Set<String> = ["true", "false", "null"]

    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return",
        "var", "void", "while",
    ]
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
