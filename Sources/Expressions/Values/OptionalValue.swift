// SPDX-License-Identifier: Apache-2.0

/// A value that may be absent.
package final class OptionalValue: Sendable {
    package let value: ExpressionValue?
    let depth: Int

    package init(_ value: ExpressionValue?) {
        self.value = value
        depth = 1 + (value?.depth ?? 0)
    }

    static let none = OptionalValue(nil)
}
