// SPDX-License-Identifier: Apache-2.0

/// What may stand behind a value: operators, selections, calls, and the end of what was begun.
extension Parser {
    /// - Returns: Whether the expression has ended.
    mutating func readOperation() throws(ExpressionError) -> Bool {
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

    mutating func readMember(_ token: Token) throws(ExpressionError) {
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

    mutating func beginIndex(_ token: Token) {
        let isOptional = next.isSign("?")
        if isOptional { position += 1 }
        frames.append(Frame(kind: .index(operands.removeLast(), isOptional: isOptional), offset: token.offset))
        expectsOperand = true
    }

    mutating func beginCall(_ function: String, of target: NodeID?, _ token: Token) throws(ExpressionError) {
        position += 1
        frames.append(Frame(kind: .call(function: function, target: target), offset: token.offset))
        expectsOperand = true
        if next.isSign(")") {
            position += 1
            try finishCall(frames.removeLast())
        }
    }

    mutating func beginMessage(_ token: Token) throws(ExpressionError) {
        guard let type = operands.last, let path = tree.path(to: type) else { throw unexpected(token) }
        tree.nodes[operands.removeLast()].kind = .absorbed
        frames.append(Frame(kind: .message(type: path.joined(separator: ".")), offset: token.offset))
        try beginElement()
    }

    mutating func beginCondition(_ token: Token) throws(ExpressionError) {
        try reduceOperators()
        if case .condition = frames.last?.kind {
            throw error("A condition stands within another.", at: token.offset, fix: "Put the inner one in parentheses.")
        }
        frames.append(Frame(kind: .condition(operands.removeLast()), offset: token.offset))
        expectsOperand = true
    }

    mutating func passColon(_ token: Token) throws(ExpressionError) {
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

    mutating func passComma(_ token: Token) throws(ExpressionError) {
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

    mutating func close(_ token: Token) throws(ExpressionError) {
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

    static func closes(_ sign: String, _ frame: Frame) -> Bool {
        switch frame.kind {
        case .group, .call: sign == ")"
        case .index, .list: sign == "]"
        case .map, .message: sign == "}"
        default: false
        }
    }

    mutating func finish(_ token: Token) throws(ExpressionError) {
        try reduceAll()
        guard let open = frames.last else {
            tree.root = operands.removeLast()
            try checkSize()
            return
        }
        throw error("The expression ends too early.", at: token.offset, fix: "Close what was opened before: \(Self.name(of: open)).")
    }

    static func name(of frame: Frame) -> String {
        switch frame.kind {
        case .call(let function, _): "the call of '\(function)'"
        case .index, .list: "'['"
        case .map, .message: "'{'"
        case .condition: "'?'"
        default: "'('"
        }
    }
}
