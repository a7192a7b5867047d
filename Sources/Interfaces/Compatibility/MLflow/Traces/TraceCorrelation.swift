// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How two filters go together, as normalised pointwise mutual information (Bouma 2009): -1 never, 0 by chance, 1 always.
struct TraceCorrelation {
    let total: Int64
    let first: Int64
    let second: Int64
    let both: Int64

    /// - Parameter smoothing: Added to each of the four counts; 0.5 is Jeffreys' prior.
    /// - Returns: NaN when either filter finds nothing.
    func value(smoothing: Double = 0) -> Double {
        guard total > 0, first > 0, second > 0 else { return .nan }
        if smoothing == 0, both == 0 { return -1 }
        let (onlyFirst, onlySecond, neither) = (first - both, second - both, total - first - second + both)
        guard min(onlyFirst, onlySecond, neither, both) >= 0 else { return .nan }
        if onlyFirst == 0, onlySecond == 0, neither == 0 { return 1 }
        let joint = Double(both) + smoothing
        let sum = Double(total) + 4 * smoothing
        let information = log(joint * sum) - log((Double(first) + 2 * smoothing) * (Double(second) + 2 * smoothing))
        return max(-1, min(1, information / -log(joint / sum)))
    }
}
