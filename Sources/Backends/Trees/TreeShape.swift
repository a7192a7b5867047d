// SPDX-License-Identifier: Apache-2.0

/// The nodes of one tree, as far as a library that walks it would leave its memory, or never come back, when they are wrong.
package enum TreeShape {
    /// Whether a walk from the first node ends at a leaf whatever the answers: every child is there, and none is reached twice.
    ///
    /// - Parameter children: Of a node, those that are nodes; nil when one of them is neither a node nor a leaf that exists.
    package static func isSound(nodes: Int, children: (Int) -> [Int]?) -> Bool {
        guard nodes > 0 else { return true }
        var reached = [Bool](repeating: false, count: nodes)
        var open = [0]
        while let node = open.popLast() {
            guard node >= 0, node < nodes, !reached[node], let below = children(node) else { return false }
            reached[node] = true
            open.append(contentsOf: below)
        }
        return true
    }
}
