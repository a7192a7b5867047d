// SPDX-License-Identifier: Apache-2.0

/// The four operators of order, over numbers of any types, texts, bytes, bools and times.
enum Comparison: String, Sendable {
    case less = "<", atMost = "<=", greater = ">", atLeast = ">="

    /// Of the name under which the operator is declared, `_<_`.
    init?(function: String) {
        guard function.hasPrefix("_"), function.hasSuffix("_") else { return nil }
        self.init(rawValue: String(function.dropFirst().dropLast()))
    }

    /// Nil when these types have no order.
    func apply(_ left: ExpressionValue, _ right: ExpressionValue, _ meter: inout Meter) throws(ExpressionError) -> ExpressionValue? {
        if let order = NumberOrder(left, right) { return .bool(holds(order)) }
        switch (left, right) {
        case (.bool(let left), .bool(let right)): return .bool(holds(order(left ? 1 : 0, right ? 1 : 0)))
        case (.string(let left), .string(let right)):
            try meter.charge(text: min(left.utf8.count, right.utf8.count))
            // The bytes of UTF-8 are in the order of the code points.
            return .bool(holds(order(left.utf8, right.utf8)))
        case (.bytes(let left), .bytes(let right)):
            try meter.charge(text: min(left.count, right.count))
            return .bool(holds(order(left, right)))
        case (.timestamp(let left), .timestamp(let right)): return .bool(holds(order(left, right)))
        case (.duration(let left), .duration(let right)): return .bool(holds(order(left, right)))
        default: return nil
        }
    }

    private func holds(_ order: NumberOrder) -> Bool {
        switch self {
        case .less: order == .less
        case .atMost: order == .less || order == .same
        case .greater: order == .greater
        case .atLeast: order == .greater || order == .same
        }
    }

    private func order<Ordered: Comparable>(_ left: Ordered, _ right: Ordered) -> NumberOrder {
        left < right ? .less : left == right ? .same : .greater
    }

    private func order(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> NumberOrder {
        if left.lexicographicallyPrecedes(right) { return .less }
        return left.elementsEqual(right) ? .same : .greater
    }
}
