// SPDX-License-Identifier: Apache-2.0

/// Why an expression cannot be read, does not fit its declarations or gives no value.
///
/// An error never permits: who asks a condition, gate or policy and gets an error takes it for "no".
package struct ExpressionError: Error, Equatable, Sendable {
    /// Stable, for machines.
    package enum Code: String, CaseIterable, Sendable {
        /// The text is no expression.
        case syntax = "expression.syntax"
        /// The text is longer, or has more parts, or nests deeper than is taken.
        case tooLarge = "expression.too-large"
        /// A name is neither a variable nor a type.
        case unknownName = "expression.name.unknown"
        case unknownFunction = "expression.function.unknown"
        /// No form of an operator or function takes these types.
        case noOverload = "expression.overload.none"
        /// A type does not fit where it stands.
        case type = "expression.type"
        case noSuchKey = "expression.key.none"
        case index = "expression.index"
        case divisionByZero = "expression.division-by-zero"
        /// A number, time or duration leaves its range.
        case range = "expression.range"
        /// A text does not convert to what is asked of it.
        case conversion = "expression.conversion"
        case duplicateKey = "expression.key.duplicate"
        case argument = "expression.argument"
        case regularExpression = "expression.regular-expression"
        case noValue = "expression.optional.none"
        case cost = "expression.limit.cost"
        case memory = "expression.limit.memory"
        case time = "expression.limit.time"
        case nesting = "expression.limit.nesting"

        /// Whether `||`, `&&`, `all` and `exists` may go on after it: a spent limit is final.
        var isAbsorbed: Bool {
            switch self {
            case .cost, .memory, .time, .nesting: false
            default: true
            }
        }
    }

    package var code: Code
    package var what: String
    package var fix: String?
    package var position: SourcePosition?
    /// While evaluating: where, in bytes. Lines are counted once, at the end.
    var offset: Int?

    package init(_ code: Code, _ what: String, fix: String? = nil, at position: SourcePosition? = nil) {
        self.code = code
        self.what = what
        self.fix = fix
        self.position = position
    }

    /// The same error with a place, unless it has one already.
    func located(at offset: Int, in source: String) -> ExpressionError {
        guard position == nil else { return self }
        var error = self
        error.position = SourcePosition(offset: self.offset ?? offset, in: source)
        error.offset = nil
        return error
    }
}

extension ExpressionError: CustomStringConvertible {
    package var description: String {
        let place = position.map { "\($0.line):\($0.column): " } ?? ""
        return place + what + (fix.map { " " + $0 } ?? "")
    }
}
