// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Whether a revision gives more invalid predictions than it may, looked at as often as one likes.
///
/// An e-process: the mean, over higher shares, of the likelihood ratio of all predictions against the bound. While the true share is at
/// most the bound, it ever reaches 1/α with probability at most α (Ville's inequality; Ramdas et al., Statistical Science 38, 2023).
package struct InvalidShareEvidence: Equatable, Sendable {
    /// Fewer than this many invalid predictions are no reason to act, whatever the evidence.
    package static let minimumInvalid = 6

    package let invalid: Int
    package let predictions: Int
    package let bound: Double

    /// - Parameter bound: The share of invalid predictions that is still allowed, above 0 and at most 0.5.
    package init(invalid: Int, of predictions: Int, bound: Double) {
        precondition(bound > 0 && bound <= 0.5 && invalid >= 0 && invalid <= predictions, "Counts fit, and the bound lies in (0, 0.5].")
        self.invalid = invalid
        self.predictions = predictions
        self.bound = bound
    }

    /// Twice, five and twenty times the bound, where that is still a share, and nearly everything.
    var alternatives: [Double] {
        [2, 5, 20].map { $0 * bound }.filter { $0 < 0.95 } + [0.95]
    }

    /// Natural logarithm of the evidence.
    package var logEvidence: Double {
        let logs = alternatives.map { share in
            Double(invalid) * log(share / bound) + Double(predictions - invalid) * (log1p(-share) - log1p(-bound))
        }
        let largest = logs.reduce(-Double.infinity, max)
        return largest + log(logs.reduce(0) { $0 + exp($1 - largest) } / Double(logs.count))
    }

    package func exceedsBound(alpha: Double) -> Bool {
        invalid >= Self.minimumInvalid && logEvidence >= -log(alpha)
    }
}
