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

    private(set) var tree: SyntaxTree
    private let tokens: [Token]
    private let limits: SyntaxLimits
    private let allowsMacros: Bool
    private var position = 0
    private var frames: [Frame] = []
    private var operands: [NodeID] = []
    private var expectsOperand = true

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

    private mutating func readOperand() throws(ExpressionError) {
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

    private mutating func readName(_ name: String, _ token: Token) throws(ExpressionError) {
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
    private mutating func readUnary(_ token: Token) throws(ExpressionError) {
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

    private func number(_ magnitude: UInt64, isNegative: Bool, _ token: Token) throws(ExpressionError) -> SyntaxTree.Kind {
        if isNegative, magnitude == UInt64(Int64.max) + 1 { return .literal(.int(.min)) }
        guard let number = Int64(exactly: magnitude) else {
            throw error("The whole number needs more than 64 bits.", at: token.offset, fix: "Write a double, with a decimal point.")
        }
        return .literal(.int(isNegative ? -number : number))
    }

    // MARK: Operations

    /// - Returns: Whether the expression has ended.
    private mutating func readOperation() throws(ExpressionError) -> Bool {
        let token = take()
        guard case .sign(let sign) = token.kind else {
            guard token.kind == .end else { throw unexpected(token) }
            try finish(token)
            return true
        }
        switch sign {
        case ".": try readMember(token)
        case "[": beginIndex(token)
        case "{": try beginMessage(token)
        case "?": try beginCondition(token)
        case ":": try passColon(token)
        case ",": try passComma(token)
        case ")", "]", "}": try close(token)
        default:
            guard let operation = Operator(sign) else { throw unexpected(token) }
            try reduceOperators(downTo: operation.precedence)
            frames.append(Frame(kind: .binary(operation), offset: token.offset))
            expectsOperand = true
        }
        return false
    }

    private mutating func readMember(_ token: Token) throws(ExpressionError) {
        let isOptional = next.isSign("?")
        if isOptional { position += 1 }
        let operand = operands.removeLast()
        let name = take()
        switch name.kind {
        case .identifier(let field) where !Self.literals.contains(field):
            if !isOptional, next.isSign("(") { return try beginCall(field, of: operand, name) }
            let path = tree[operand].pathLength
            push(
                .select(SyntaxTree.Select(operand: operand, field: field, isOptional: isOptional)), token,
                pathLength: isOptional || path == 0 ? 0 : path + 1)
        case .quotedIdentifier(let field):
            push(.select(SyntaxTree.Select(operand: operand, field: field, isOptional: isOptional)), token)
        default: throw error("A name is missing after '.', before \(name.text).", at: name.offset)
        }
    }

    private mutating func beginIndex(_ token: Token) {
        let isOptional = next.isSign("?")
        if isOptional { position += 1 }
        frames.append(Frame(kind: .index(operands.removeLast(), isOptional: isOptional), offset: token.offset))
        expectsOperand = true
    }

    private mutating func beginCall(_ function: String, of target: NodeID?, _ token: Token) throws(ExpressionError) {
        position += 1
        frames.append(Frame(kind: .call(function: function, target: target), offset: token.offset))
        expectsOperand = true
        if next.isSign(")") {
            position += 1
            try finishCall(frames.removeLast())
        }
    }

    private mutating func beginMessage(_ token: Token) throws(ExpressionError) {
        guard let type = operands.last, let path = tree.path(to: type) else { throw unexpected(token) }
        tree.nodes[operands.removeLast()].kind = .absorbed
        frames.append(Frame(kind: .message(type: path.joined(separator: ".")), offset: token.offset))
        try beginElement()
    }

    private mutating func beginCondition(_ token: Token) throws(ExpressionError) {
        try reduceOperators()
        if case .condition = frames.last?.kind {
            throw error("A condition stands within another.", at: token.offset, fix: "Put the inner one in parentheses.")
        }
        frames.append(Frame(kind: .condition(operands.removeLast()), offset: token.offset))
        expectsOperand = true
    }

    private mutating func passColon(_ token: Token) throws(ExpressionError) {
        try reduceOperators()
        if case .condition(let condition) = frames.last?.kind {
            frames[frames.count - 1].kind = .alternative(condition, then: operands.removeLast())
            expectsOperand = true
            return
        }
        try reduceAll()
        guard case .map = frames.last?.kind, frames[frames.count - 1].key == nil else { throw unexpected(token) }
        frames[frames.count - 1].key = operands.removeLast()
        expectsOperand = true
    }

    private mutating func passComma(_ token: Token) throws(ExpressionError) {
        try reduceAll()
        switch frames.last?.kind {
        case .call:
            frames[frames.count - 1].parts.append(operands.removeLast())
            expectsOperand = true
        case .list, .map, .message:
            try endElement(token)
            try beginElement()
        default: throw unexpected(token)
        }
    }

    private mutating func close(_ token: Token) throws(ExpressionError) {
        try reduceAll()
        guard let frame = frames.last, case .sign(let sign) = token.kind, Self.closes(sign, frame) else { throw unexpected(token) }
        switch frame.kind {
        case .group: frames.removeLast()
        case .call:
            frames[frames.count - 1].parts.append(operands.removeLast())
            try finishCall(frames.removeLast())
        case .index(let operand, let isOptional):
            let index = operands.removeLast()
            frames.removeLast()
            let function = isOptional ? "_[?_]" : "_[_]"
            push(.call(function: function, target: nil, arguments: [operand, index]), at: frame.offset)
        default:
            try endElement(token)
            finishContainer()
        }
    }

    private static func closes(_ sign: String, _ frame: Frame) -> Bool {
        switch frame.kind {
        case .group, .call: sign == ")"
        case .index, .list: sign == "]"
        case .map, .message: sign == "}"
        default: false
        }
    }

    private mutating func finish(_ token: Token) throws(ExpressionError) {
        try reduceAll()
        guard let open = frames.last else {
            tree.root = operands.removeLast()
            try checkSize()
            return
        }
        throw error("The expression ends too early.", at: token.offset, fix: "Close what was opened before: \(Self.name(of: open)).")
    }

    private static func name(of frame: Frame) -> String {
        switch frame.kind {
        case .call(let function, _): "the call of '\(function)'"
        case .index, .list: "'['"
        case .map, .message: "'{'"
        case .condition: "'?'"
        default: "'('"
        }
    }

    // MARK: Elements of lists, maps and messages

    /// Behind the opening bracket or a comma: perhaps the end, perhaps a question mark, perhaps a field's name.
    private mutating func beginElement() throws(ExpressionError) {
        expectsOperand = true
        let last = frames.count - 1
        if case .sign(let sign) = next.kind, Self.closes(sign, frames[last]) {
            position += 1
            return finishContainer()
        }
        if next.isSign("?") {
            position += 1
            frames[last].optional.insert(frames[last].parts.count + frames[last].entries.count)
        }
        guard case .message = frames[last].kind else { return }
        let name = take()
        switch name.kind {
        case .identifier(let field), .quotedIdentifier(let field): frames[last].fieldName = field
        default: throw error("The name of a field is missing, before \(name.text).", at: name.offset)
        }
        let colon = take()
        guard colon.isSign(":") else { throw unexpected(colon) }
    }

    private mutating func endElement(_ token: Token) throws(ExpressionError) {
        let last = frames.count - 1
        let value = operands.removeLast()
        switch frames[last].kind {
        case .map:
            guard let key = frames[last].key else {
                throw error("The value of a key is missing.", at: token.offset, fix: "Write 'key: value'.")
            }
            let isOptional = frames[last].optional.contains(frames[last].entries.count)
            frames[last].entries.append(SyntaxTree.Entry(key: key, value: value, isOptional: isOptional))
            frames[last].key = nil
        case .message: frames[last].fields.append(SyntaxTree.Field(name: frames[last].fieldName, value: value))
        default: frames[last].parts.append(value)
        }
    }

    private mutating func finishContainer() {
        let frame = frames.removeLast()
        switch frame.kind {
        case .map: push(.map(frame.entries), at: frame.offset)
        case .message(let type): push(.message(type: type, fields: frame.fields), at: frame.offset)
        default: push(.list(frame.parts, optional: frame.optional), at: frame.offset)
        }
    }

    // MARK: Reduction

    /// Completes operators that bind at least as tightly.
    private mutating func reduceOperators(downTo precedence: Int = 0) throws(ExpressionError) {
        while let frame = frames.last {
            switch frame.kind {
            case .unary(let sign, let count):
                frames.removeLast()
                guard count % 2 == 1 else { continue }
                push(.call(function: sign + "_", target: nil, arguments: [operands.removeLast()]), at: frame.offset)
            case .binary(let operation) where operation.precedence >= precedence:
                frames.removeLast()
                let right = operands.removeLast()
                combine(operation, operands.removeLast(), right, at: frame.offset)
            default: return
            }
            try checkSize()
        }
    }

    private mutating func combine(_ operation: Operator, _ left: NodeID, _ right: NodeID, at offset: Int) {
        guard operation.precedence <= Operator.and.precedence else {
            return push(.call(function: operation.function, target: nil, arguments: [left, right]), at: offset)
        }
        let isAnd = operation.precedence == Operator.and.precedence
        // A chain is one node, however long.
        if case .logic(isAnd, var operands) = tree[left].kind {
            tree.nodes[left].kind = .absorbed
            operands.append(right)
            push(.logic(isAnd: isAnd, operands), at: offset)
        } else {
            push(.logic(isAnd: isAnd, [left, right]), at: offset)
        }
    }

    private mutating func reduceAll() throws(ExpressionError) {
        try reduceOperators()
        while let frame = frames.last, case .alternative(let condition, let then) = frame.kind {
            frames.removeLast()
            push(.conditional(condition, then: then, otherwise: operands.removeLast()), at: frame.offset)
        }
        if case .condition = frames.last?.kind {
            throw error("A '?' has no ':'.", at: next.offset, fix: "Write 'condition ? one : other'.")
        }
    }

    private mutating func finishCall(_ frame: Frame) throws(ExpressionError) {
        guard case .call(let function, let target) = frame.kind else { return }
        if allowsMacros {
            var macro = MacroExpansion(function: function, target: target, arguments: frame.parts, offset: frame.offset)
            // Lent, not copied.
            swap(&macro.tree, &tree)
            let expanded = try macro.expand()
            swap(&macro.tree, &tree)
            if let expanded {
                return push(expanded.kind, at: frame.offset, pathLength: expanded.pathLength)
            }
        }
        push(.call(function: function, target: target, arguments: frame.parts), at: frame.offset)
        try checkSize()
    }

    private mutating func push(_ kind: SyntaxTree.Kind, _ token: Token, pathLength: Int = 0) {
        push(kind, at: token.offset, pathLength: pathLength)
    }

    private mutating func push(_ kind: SyntaxTree.Kind, at offset: Int, pathLength: Int = 0) {
        operands.append(tree.nodes.count)
        tree.nodes.append(SyntaxTree.Node(kind: kind, offset: offset, pathLength: pathLength))
        expectsOperand = false
    }

    private func checkSize() throws(ExpressionError) {
        guard tree.nodes.count <= limits.nodes else {
            throw ExpressionError(.tooLarge, "The expression has more than \(limits.nodes) parts.", fix: "Write less.")
        }
    }

    // MARK: Tokens

    private var next: Token { tokens[min(position, tokens.count - 1)] }

    private mutating func take() -> Token {
        let token = next
        position += 1
        return token
    }

    private func unexpected(_ token: Token) -> ExpressionError {
        let what = expectsOperand ? "A value is missing before \(token.text)." : "\(token.text) does not fit here.".capitalizedFirst
        return error(what, at: token.offset)
    }

    private func error(_ what: String, at offset: Int, fix: String? = nil) -> ExpressionError {
        ExpressionError(.syntax, what, fix: fix).located(at: offset, in: tree.source)
    }

    private static let literals: Set<String> = ["true", "false", "null"]

    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return",
        "var", "void", "while",
    ]
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
