// SPDX-License-Identifier: Apache-2.0

extension ExpressionValue: Equatable {
    /// Equality as `==` in an expression: numbers by value over their types, other types never equal, NaN not even itself.
    package static func == (left: ExpressionValue, right: ExpressionValue) -> Bool {
        var meter = Meter.unlimited
        // Without limits nothing is thrown.
        return (try? left.equals(right, &meter)) ?? false
    }

    /// - Complexity: O(elements), recursing as deep as the values nest, which is bounded.
    func equals(_ other: ExpressionValue, _ meter: inout Meter) throws(ExpressionError) -> Bool {
        switch (self, other) {
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.int(let left), .int(let right)): return left == right
        case (.uint(let left), .uint(let right)): return left == right
        case (.double(let left), .double(let right)): return left == right
        case (.string(let left), .string(let right)):
            try meter.charge(text: min(left.utf8.count, right.utf8.count))
            return left.isExactly(right)
        case (.bytes(let left), .bytes(let right)):
            try meter.charge(text: min(left.count, right.count))
            return left == right
        case (.list(let left), .list(let right)): return try Self.equal(left, right, &meter)
        case (.map(let left), .map(let right)): return try Self.equal(left, right, &meter)
        case (.timestamp(let left), .timestamp(let right)): return left == right
        case (.duration(let left), .duration(let right)): return left == right
        case (.type(let left), .type(let right)): return left == right
        case (.address(let left), .address(let right)): return left == right
        case (.addressBlock(let left), .addressBlock(let right)): return left == right
        case (.optional(let left), .optional(let right)):
            guard let left = left.value, let right = right.value else { return left.value == nil && right.value == nil }
            return try left.equals(right, &meter)
        default: return NumberOrder(self, other) == .same
        }
    }

    private static func equal(_ left: ListValue, _ right: ListValue, _ meter: inout Meter) throws(ExpressionError) -> Bool {
        guard left.elements.count == right.elements.count else { return false }
        for (first, second) in zip(left.elements, right.elements) {
            try meter.charge(1)
            guard try first.equals(second, &meter) else { return false }
        }
        return true
    }

    private static func equal(_ left: MapValue, _ right: MapValue, _ meter: inout Meter) throws(ExpressionError) -> Bool {
        guard left.count == right.count else { return false }
        for (key, value) in zip(left.keys, left.values) {
            try meter.charge(1)
            guard let key = MapKey(key), let other = right[key], try value.equals(other, &meter) else { return false }
        }
        return true
    }
}
