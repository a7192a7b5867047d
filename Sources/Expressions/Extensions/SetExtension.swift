// SPDX-License-Identifier: Apache-2.0

/// Lists taken as sets (CEL sets extension).
enum SetExtension {
    static let all: [Function] = [
        question("contains") { left, right, meter throws(ExpressionError) in try contains(left, right, &meter) },
        question("equivalent") { left, right, meter throws(ExpressionError) in
            guard try contains(left, right, &meter) else { return false }
            return try contains(right, left, &meter)
        },
        question("intersects") { left, right, meter throws(ExpressionError) in
            for element in right where try has(left, element, &meter) { return true }
            return false
        },
    ]

    private static func question(
        _ name: String,
        _ body: @escaping @Sendable ([ExpressionValue], [ExpressionValue], inout Meter) throws(ExpressionError) -> Bool
    ) -> Function {
        Function("sets." + name, [.function(.list(.a), .list(.a), gives: .bool)]) { arguments, meter throws(ExpressionError) in
            guard case .list(let left) = arguments[0], case .list(let right) = arguments[1] else { return nil }
            return .bool(try body(left.elements, right.elements, &meter))
        }
    }

    private static func contains(
        _ set: [ExpressionValue], _ elements: [ExpressionValue], _ meter: inout Meter
    ) throws(ExpressionError) -> Bool {
        for element in elements where try !has(set, element, &meter) { return false }
        return true
    }

    private static func has(
        _ set: [ExpressionValue], _ element: ExpressionValue, _ meter: inout Meter
    ) throws(ExpressionError) -> Bool {
        for candidate in set {
            try meter.charge(1)
            if try candidate.equals(element, &meter) { return true }
        }
        return false
    }
}
