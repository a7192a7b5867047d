// SPDX-License-Identifier: Apache-2.0

/// Values that may be absent (CEL optional types extension). `or` and `orValue` look at what follows only when it is needed.
enum OptionalExtension {
    static let all: [Function] = [
        Function("optional.of", [.function(.a, gives: .optional(.a))]) { arguments, _ in .optional(OptionalValue(arguments[0])) },
        Function("optional.none", [.function(gives: .optional(.a))]) { _, _ in .optional(.none) },
        Function("optional.ofNonZeroValue", [.function(.a, gives: .optional(.a))]) { arguments, _ in
            .optional(arguments[0].isZero ? .none : OptionalValue(arguments[0]))
        },
        member("hasValue", [.member(.optional(.a), gives: .bool)]) { optional, _ in .bool(optional.value != nil) },
        member("value", [.member(.optional(.a), gives: .a)]) { optional, _ throws(ExpressionError) in
            guard let value = optional.value else {
                throw ExpressionError(.noValue, "The optional has no value.", fix: "Test with 'hasValue( )', or use 'orValue( )'.")
            }
            return value
        },
        member("or", [.member(.optional(.a), .optional(.a), gives: .optional(.a))]) { optional, arguments in
            guard case .optional = arguments[1] else { return nil }
            return optional.value == nil ? arguments[1] : arguments[0]
        },
        member("orValue", [.member(.optional(.a), .a, gives: .a)]) { optional, arguments in optional.value ?? arguments[1] },
        Function("optional.unwrap", [.function(.list(.optional(.a)), gives: .list(.a))], unwrapped),
        Function("unwrapOpt", [.member(.list(.optional(.a)), gives: .list(.a))], unwrapped),
        Function("first", [.member(.list(.a), gives: .optional(.a))]) { arguments, _ in
            guard case .list(let list) = arguments[0] else { return nil }
            return .optional(OptionalValue(list.elements.first))
        },
        Function("last", [.member(.list(.a), gives: .optional(.a))]) { arguments, _ in
            guard case .list(let list) = arguments[0] else { return nil }
            return .optional(OptionalValue(list.elements.last))
        },
    ]

    private static func member(
        _ name: String, _ overloads: [Overload],
        _ body: @escaping @Sendable (OptionalValue, [ExpressionValue]) throws(ExpressionError) -> ExpressionValue?
    ) -> Function {
        Function(name, overloads) { arguments, _ throws(ExpressionError) in
            guard case .optional(let optional) = arguments[0] else { return nil }
            return try body(optional, arguments)
        }
    }

    /// The values of those that have one.
    @Sendable
    private static func unwrapped(_ arguments: [ExpressionValue], _ meter: inout Meter) throws(ExpressionError) -> ExpressionValue? {
        guard case .list(let list) = arguments[0] else { return nil }
        try meter.allocate(elements: list.elements.count)
        var values: [ExpressionValue] = []
        for element in list.elements {
            guard case .optional(let optional) = element else { return nil }
            if let value = optional.value { values.append(value) }
        }
        return .list(values)
    }
}
