// SPDX-License-Identifier: Apache-2.0

/// Rounding, signs, roots, bits, the greatest and the least (CEL math extension).
enum MathExtension {
    static let all: [Function] = [
        rounding("ceil", .up), rounding("floor", .down), rounding("round", .toNearestOrAwayFromZero), rounding("trunc", .towardZero),
        question("isNaN", \.isNaN), question("isInf", \.isInfinite), question("isFinite", \.isFinite),
        Function("math.abs", numeric) { arguments, _ throws(ExpressionError) in
            switch arguments[0] {
            case .int(.min): throw Arithmetic.overflow
            case .int(let number): return .int(abs(number))
            case .uint: return arguments[0]
            case .double(let number): return .double(abs(number))
            default: return nil
            }
        },
        Function("math.sign", numeric) { arguments, _ in
            switch arguments[0] {
            case .int(let number): return .int(number.signum())
            case .uint(let number): return .uint(number == 0 ? 0 : 1)
            case .double(let number): return .double(number > 0 ? 1 : number < 0 ? -1 : number)
            default: return nil
            }
        },
        Function("math.sqrt", [ExpressionType.double, .int, .uint].map { .function($0, gives: .double) }) { arguments, _ in
            switch arguments[0] {
            case .int(let number): return .double(Double(number).squareRoot())
            case .uint(let number): return .double(Double(number).squareRoot())
            case .double(let number): return .double(number.squareRoot())
            default: return nil
            }
        },
        bits("bitAnd", { $0 & $1 }), bits("bitOr", { $0 | $1 }), bits("bitXor", { $0 ^ $1 }),
        Function("math.bitNot", [.function(.int, gives: .int), .function(.uint, gives: .uint)]) { arguments, _ in
            switch arguments[0] {
            case .int(let number): return .int(~number)
            case .uint(let number): return .uint(~number)
            default: return nil
            }
        },
        shift("bitShiftLeft", { $0 << $1 }), shift("bitShiftRight", { $0 >> $1 }),
    ]

    static let extremes: [Function] = [extreme("greatest", .greater), extreme("least", .less)]

    private static let numeric: [Overload] = [ExpressionType.int, .uint, .double].map { .function($0, gives: $0) }

    private static func rounding(_ name: String, _ rule: FloatingPointRoundingRule) -> Function {
        Function("math." + name, [.function(.double, gives: .double)]) { arguments, _ in
            guard case .double(let number) = arguments[0] else { return nil }
            return .double(number.rounded(rule))
        }
    }

    private static func question(_ name: String, _ property: any KeyPath<Double, Bool> & Sendable) -> Function {
        Function("math." + name, [.function(.double, gives: .bool)]) { arguments, _ in
            guard case .double(let number) = arguments[0] else { return nil }
            return .bool(number[keyPath: property])
        }
    }

    private static func bits(_ name: String, _ combine: @escaping @Sendable (UInt64, UInt64) -> UInt64) -> Function {
        Function("math." + name, [.function(.int, .int, gives: .int), .function(.uint, .uint, gives: .uint)]) { arguments, _ in
            switch (arguments[0], arguments[1]) {
            case (.int(let left), .int(let right)):
                return .int(Int64(bitPattern: combine(UInt64(bitPattern: left), UInt64(bitPattern: right))))
            case (.uint(let left), .uint(let right)): return .uint(combine(left, right))
            default: return nil
            }
        }
    }

    /// Bits shifted in are zeros, whatever the sign; a shift of 64 and more leaves none.
    private static func shift(_ name: String, _ move: @escaping @Sendable (UInt64, Int64) -> UInt64) -> Function {
        Function("math." + name, [.function(.int, .int, gives: .int), .function(.uint, .int, gives: .uint)]) {
            arguments, _ throws(ExpressionError) in
            guard case .int(let count) = arguments[1] else { return nil }
            guard count >= 0 else { throw ExpressionError(.argument, "Bits are shifted by \(count).", fix: "Shift the other way.") }
            switch arguments[0] {
            case .int(let number): return .int(Int64(bitPattern: move(UInt64(bitPattern: number), count)))
            case .uint(let number): return .uint(move(number, count))
            default: return nil
            }
        }
    }

    /// Of one or two numbers or a list of them; three and more are a list to the parser.
    private static func extreme(_ name: String, _ order: NumberOrder) -> Function {
        let numbers: [ExpressionType] = [.int, .uint, .double]
        var overloads: [Overload] = numbers.flatMap { [.function($0, gives: $0), .function(.list($0), gives: $0)] }
        for left in numbers { overloads += numbers.map { .function(left, $0, gives: left == $0 ? left : .dyn) } }
        return Function("math." + name, overloads) { arguments, meter throws(ExpressionError) in
            var values = arguments
            if values.count == 1, case .list(let list) = values[0] { values = list.elements }
            guard var found = values.first, NumberOrder(found, found) != nil else { return nil }
            try meter.charge(values.count)
            for value in values.dropFirst() {
                guard let relation = NumberOrder(value, found) else { return nil }
                if relation == order { found = value }
            }
            return found
        }
    }
}
