// SPDX-License-Identifier: Apache-2.0

/// Operators, declared as functions for checking.
enum OperatorFunctions {
    static let all: [Function] =
        arithmetic + comparisons + [
            Function("_==_", [.function(.a, .a, gives: .bool)]) { arguments, meter throws(ExpressionError) in
                .bool(try arguments[0].equals(arguments[1], &meter))
            },
            Function("_!=_", [.function(.a, .a, gives: .bool)]) { arguments, meter throws(ExpressionError) in
                .bool(try !arguments[0].equals(arguments[1], &meter))
            },
            Function("_[_]", [.function(.list(.a), .int, gives: .a), .function(.map(.a, .b), .a, gives: .b)]) {
                arguments, _ throws(ExpressionError) in try Selection.index(arguments[0], by: arguments[1], isOptional: false)
            },
            Function(
                "_[?_]", [.function(.list(.a), .int, gives: .optional(.a)), .function(.map(.a, .b), .a, gives: .optional(.b))]
            ) { arguments, _ throws(ExpressionError) in
                try Selection.index(arguments[0], by: arguments[1], isOptional: true)
            },
            Function("!_", [.function(.bool, gives: .bool)]) { arguments, _ in
                guard case .bool(let value) = arguments[0] else { return nil }
                return .bool(!value)
            },
            Function("-_", [.function(.int, gives: .int), .function(.double, gives: .double)]) { arguments, _ throws(ExpressionError) in
                switch arguments[0] {
                case .int(.min): throw Arithmetic.overflow
                case .int(let value): return .int(-value)
                case .double(let value): return .double(-value)
                default: return nil
                }
            },
            Function("@in", [.function(.a, .list(.a), gives: .bool), .function(.a, .map(.a, .b), gives: .bool)]) {
                arguments, meter throws(ExpressionError) in try contains(arguments[1], arguments[0], &meter)
            },
        ]

    private static let arithmetic: [Function] = [
        function("_+_", sums + [.function(.list(.a), .list(.a), gives: .list(.a))]),
        function(
            "_-_",
            numbers + [
                .function(.timestamp, .timestamp, gives: .duration), .function(.timestamp, .duration, gives: .timestamp),
                .function(.duration, .duration, gives: .duration),
            ]),
        function("_*_", numbers), function("_/_", numbers),
        function("_%_", [.function(.int, .int, gives: .int), .function(.uint, .uint, gives: .uint)]),
    ]

    private static let numbers: [Overload] = [
        .function(.int, .int, gives: .int), .function(.uint, .uint, gives: .uint), .function(.double, .double, gives: .double),
    ]

    private static let sums: [Overload] =
        numbers + [
            .function(.string, .string, gives: .string), .function(.bytes, .bytes, gives: .bytes),
            .function(.timestamp, .duration, gives: .timestamp), .function(.duration, .timestamp, gives: .timestamp),
            .function(.duration, .duration, gives: .duration),
        ]

    private static let comparisons: [Function] = ["_<_", "_<=_", "_>_", "_>=_"].map { name in
        var overloads: [Overload] = [.string, .bytes, .bool, .timestamp, .duration].map { .function($0, $0, gives: .bool) }
        let numbers: [ExpressionType] = [.int, .uint, .double]
        for left in numbers { overloads += numbers.map { .function(left, $0, gives: .bool) } }
        let comparison = Comparison(function: name)
        return Function(name, overloads) { arguments, meter throws(ExpressionError) in
            try comparison?.apply(arguments[0], arguments[1], &meter)
        }
    }

    private static func function(_ name: String, _ overloads: [Overload]) -> Function {
        let operation = Arithmetic(function: name)
        return Function(name, overloads) { arguments, meter throws(ExpressionError) in
            try operation?.apply(arguments[0], arguments[1], &meter)
        }
    }

    private static func contains(
        _ container: ExpressionValue, _ element: ExpressionValue, _ meter: inout Meter
    ) throws(ExpressionError) -> ExpressionValue? {
        switch container {
        case .list(let list):
            for candidate in list.elements {
                try meter.charge(1)
                if try candidate.equals(element, &meter) { return .bool(true) }
            }
            return .bool(false)
        case .map(let map): return .bool(MapKey(asked: element).map { map[$0] != nil } ?? false)
        default: return nil
        }
    }
}
