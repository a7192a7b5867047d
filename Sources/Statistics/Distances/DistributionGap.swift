// SPDX-License-Identifier: Apache-2.0

/// Integrals over the gap between two samples' distribution functions.
enum DistributionGap {
    /// ∫ body(F(x) − G(x)) dx, F and G being the distribution functions; O(n + m) over samples sorted, finite and not empty.
    ///
    /// - Parameter body: Must be 0 at 0, as outside both samples.
    static func sum(sorted first: [Double], sorted second: [Double], _ body: (Double) -> Double) -> Double {
        let firstTotal = Double(first.count)
        let secondTotal = Double(second.count)
        var i = 0
        var j = 0
        var area = 0.0
        var position = min(first[0], second[0])
        while i < first.count || j < second.count {
            let next = min(i < first.count ? first[i] : .infinity, j < second.count ? second[j] : .infinity)
            area += body(Double(i) / firstTotal - Double(j) / secondTotal) * (next - position)
            position = next
            while i < first.count, first[i] == next { i += 1 }
            while j < second.count, second[j] == next { j += 1 }
        }
        return area
    }
}
