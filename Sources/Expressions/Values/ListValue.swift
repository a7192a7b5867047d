// SPDX-License-Identifier: Apache-2.0

/// Elements in their order.
package struct ListValue: Sendable {
    package private(set) var elements: [ExpressionValue]
    private(set) var depth: Int

    package init(_ elements: [ExpressionValue] = []) {
        self.elements = elements
        depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
    }

    mutating func append(_ element: ExpressionValue) {
        elements.append(element)
        depth = max(depth, element.depth + 1)
    }

    mutating func append(contentsOf other: ListValue) {
        elements += other.elements
        depth = max(depth, other.depth)
    }
}
