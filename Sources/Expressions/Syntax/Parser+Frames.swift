// SPDX-License-Identifier: Apache-2.0

/// Completing what was begun.
extension Parser {
    // MARK: Elements of lists, maps and messages

    /// Behind the opening bracket or a comma: perhaps the end, perhaps a question mark, perhaps a field's name.
    mutating func beginElement() throws(ExpressionError) {
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

    mutating func endElement(_ token: Token) throws(ExpressionError) {
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

    mutating func finishContainer() {
        let frame = frames.removeLast()
        switch frame.kind {
        case .map: push(.map(frame.entries), at: frame.offset)
        case .message(let type): push(.message(type: type, fields: frame.fields), at: frame.offset)
        default: push(.list(frame.parts, optional: frame.optional), at: frame.offset)
        }
    }

    // MARK: Reduction

    /// Completes operators that bind at least as tightly.
    mutating func reduceOperators(downTo precedence: Int = 0) throws(ExpressionError) {
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

    mutating func combine(_ operation: Operator, _ left: NodeID, _ right: NodeID, at offset: Int) {
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

    mutating func reduceAll() throws(ExpressionError) {
        try reduceOperators()
        while let frame = frames.last, case .alternative(let condition, let then) = frame.kind {
            frames.removeLast()
            push(.conditional(condition, then: then, otherwise: operands.removeLast()), at: frame.offset)
        }
        if case .condition = frames.last?.kind {
            throw error("A '?' has no ':'.", at: next.offset, fix: "Write 'condition ? one : other'.")
        }
    }

    mutating func finishCall(_ frame: Frame) throws(ExpressionError) {
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
}
