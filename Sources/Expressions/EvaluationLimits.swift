// SPDX-License-Identifier: Apache-2.0

/// What one evaluation may use. Passing any of them is an error that no operator absorbs.
package struct EvaluationLimits: Equatable, Sendable {
    /// Steps: one for an instruction, an element looked at, ten characters read or written, or a state of a regular expression.
    package var cost: Int
    /// Bytes of all values made on the way, whether or not they are kept.
    package var memory: Int
    /// By the clock on the wall; looked at every few hundred steps.
    package var time: Duration

    package init(cost: Int = 1_000_000, memory: Int = 16 << 20, time: Duration = .seconds(1)) {
        self.cost = cost
        self.memory = memory
        self.time = time
    }

    package static let standard = EvaluationLimits()
}
