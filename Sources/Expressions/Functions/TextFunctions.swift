// SPDX-License-Identifier: Apache-2.0

/// What the language itself asks of texts: `contains`, `startsWith`, `endsWith`, `matches`.
enum TextFunctions {
    static let all: [Function] = [
        question("contains") { text, part, meter throws(ExpressionError) in
            try meter.charge(text: text.utf8.count + part.utf8.count)
            return SequenceSearch(Array(part.utf8)).first(in: Array(text.utf8)) != nil
        },
        question("startsWith") { text, part, meter throws(ExpressionError) in
            try meter.charge(text: part.utf8.count)
            return text.utf8.starts(with: part.utf8)
        },
        question("endsWith") { text, part, meter throws(ExpressionError) in
            try meter.charge(text: part.utf8.count)
            return text.utf8.suffix(part.utf8.count).elementsEqual(part.utf8)
        },
        Function("matches", [.member(.string, .string, gives: .bool), .function(.string, .string, gives: .bool)]) {
            arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0], case .string(let pattern) = arguments[1] else { return nil }
            try meter.charge(text: pattern.utf8.count)
            let expression: RegularExpression
            do throws(RegularExpressionError) {
                expression = try RegularExpression(pattern)
            } catch {
                throw refusal(error)
            }
            // Writing the automaton costs its size.
            try meter.charge(expression.program.count)
            return .bool(try occurs(expression, in: text, &meter))
        },
    ]

    static func occurs(_ expression: RegularExpression, in text: String, _ meter: inout Meter) throws(ExpressionError) -> Bool {
        // Room for the states has to be made.
        try meter.charge(expression.program.count / 16)
        // In portions, so that the clock is looked at in between.
        var search = RegularSearch(expression.program, text)
        while true {
            let before = min(meter.remainingCost, 10_000)
            var steps = before
            let isFound = search.proceed(steps: &steps)
            try meter.charge(before - steps)
            if let isFound { return isFound }
            if meter.remainingCost <= 0 { throw meter.costError }
        }
    }

    static func refusal(_ error: RegularExpressionError) -> ExpressionError {
        ExpressionError(
            .regularExpression, "The regular expression \(error.reason), at its character \(error.offset + 1).",
            fix: "The syntax is that of RE2.")
    }

    private static func question(
        _ name: String, _ body: @escaping @Sendable (String, String, inout Meter) throws(ExpressionError) -> Bool
    ) -> Function {
        Function(name, [.member(.string, .string, gives: .bool)]) { arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0], case .string(let part) = arguments[1] else { return nil }
            return .bool(try body(text, part, &meter))
        }
    }
}
