// SPDX-License-Identifier: Apache-2.0

/// How large an expression may be.
package struct SyntaxLimits: Equatable, Sendable {
    /// In bytes of UTF-8.
    package var length: Int
    /// Literals, names, operators and calls.
    package var nodes: Int

    package init(length: Int = 256 << 10, nodes: Int = 100_000) {
        self.length = length
        self.nodes = nodes
    }

    package static let standard = SyntaxLimits()
}

/// Lists, maps and optionals within each other, as values and as types.
let maximumNesting = 64
