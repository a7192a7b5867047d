// SPDX-License-Identifier: Apache-2.0

/// What the order of a sample alone says about quantiles, whatever the distribution (David and Nagaraja 2003, section 7.1).
package enum OrderStatistics {
    /// A value that the quantile stays below with at least this confidence: the least value of the sample that does.
    ///
    /// - Returns: Nil when the sample is too small for it or holds a NaN.
    package static func upperBound(of quantile: Double, in values: [Double], confidence: Double) -> Double? {
        precondition(quantile > 0 && quantile < 1 && confidence > 0 && confidence < 1, "Shares lie between 0 and 1.")
        let count = values.count
        guard count > 0, !values.contains(where: \.isNaN),
            BinomialShare.atMost(count - 1, of: count, chance: quantile) >= confidence
        else { return nil }
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high) / 2
            if BinomialShare.atMost(middle, of: count, chance: quantile) >= confidence { high = middle } else { low = middle + 1 }
        }
        return values.sorted()[low]
    }
}
