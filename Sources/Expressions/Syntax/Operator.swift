// SPDX-License-Identifier: Apache-2.0

/// Operators of two operands, all of which bind to the left.
struct Operator: Sendable {
    let sign: String
    /// The name under which it is declared.
    let function: String
    /// Stronger binds tighter; those of one operand bind tighter than all.
    let precedence: Int

    static let or = Operator(sign: "||", function: "_||_", precedence: 1)
    static let and = Operator(sign: "&&", function: "_&&_", precedence: 2)

    private static let bySign: [String: Operator] = {
        var operators = ["||": or, "&&": and]
        for sign in ["<", "<=", ">", ">=", "==", "!="] {
            operators[sign] = Operator(sign: sign, function: "_\(sign)_", precedence: 3)
        }
        operators["in"] = Operator(sign: "in", function: "@in", precedence: 3)
        for sign in ["+", "-"] { operators[sign] = Operator(sign: sign, function: "_\(sign)_", precedence: 4) }
        for sign in ["*", "/", "%"] { operators[sign] = Operator(sign: sign, function: "_\(sign)_", precedence: 5) }
        return operators
    }()

    init?(_ sign: String) {
        guard let found = Self.bySign[sign] else { return nil }
        self = found
    }

    private init(sign: String, function: String, precedence: Int) {
        self.sign = sign
        self.function = function
        self.precedence = precedence
    }

    /// How a person writes a function that stands for an operator.
    static func spelling(of function: String) -> String {
        switch function {
        case "@in": "in"
        case "!_": "!"
        case "-_": "-"
        case "_[_]": "[ ]"
        case "_[?_]": "[? ]"
        case "_?_:_": "? :"
        default: function.hasPrefix("_") ? String(function.dropFirst().dropLast()) : function
        }
    }
}
