// SPDX-License-Identifier: Apache-2.0

/// How two numbers, perhaps of different types, stand to each other.
enum NumberOrder {
    case less, same, greater, unordered

    /// Nil when one of them is no number.
    init?(_ left: ExpressionValue, _ right: ExpressionValue) {
        switch (left, right) {
        case (.int(let left), .int(let right)): self = Self.order(left, right)
        case (.uint(let left), .uint(let right)): self = Self.order(left, right)
        case (.double(let left), .double(let right)): self = Self.order(left, right)
        case (.int(let left), .uint(let right)): self = left < 0 ? .less : Self.order(UInt64(left), right)
        case (.uint(let left), .int(let right)): self = right < 0 ? .greater : Self.order(left, UInt64(right))
        case (.int(let left), .double(let right)): self = Self.order(Double(left), right)
        case (.double(let left), .int(let right)): self = Self.order(left, Double(right))
        case (.uint(let left), .double(let right)): self = Self.order(Double(left), right)
        case (.double(let left), .uint(let right)): self = Self.order(left, Double(right))
        default: return nil
        }
    }

    private static func order<Number: Comparable>(_ left: Number, _ right: Number) -> NumberOrder {
        if left < right { return .less }
        if left > right { return .greater }
        return left == right ? .same : .unordered
    }
}
