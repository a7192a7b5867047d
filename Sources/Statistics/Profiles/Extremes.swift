// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Whether a window's numbers leave the range of its baseline more often than chance makes them: exact for any distribution.
package enum Extremes {
    /// The chance that so many rows picked beforehand from a pool all belong to the window.
    package static func chance(ofAll picked: Int, inWindow window: Int, of pool: Int) -> Double {
        guard picked <= window else { return 0 }
        var logarithm = 0.0
        for index in 0..<picked {
            logarithm += log(Double(window - index) / Double(pool - index))
            if logarithm < -745 { return 0 }
        }
        return exp(logarithm)
    }

    /// Two-sided, of `below` and `above` numbers of the window beyond all of the baseline's. Without a change the largest numbers of both
    /// together come from either side by chance, so this never alarms more often than stated (Rosenbaum, "Tables for a Nonparametric Test
    /// of Location", Annals of Mathematical Statistics 25, 1954).
    package static func pValue(below: Int, above: Int, window: Int, baseline: Int) -> Double {
        let most = max(below, above)
        return most == 0 ? 1 : min(1, 2 * chance(ofAll: most, inWindow: window, of: window + baseline))
    }
}
