// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How the numbers of a window differ from those of a baseline, from their histograms; exact where both are.
///
/// Buckets are laid side by side at the coarser of the two shifts. At the end of a bucket both distribution functions are exact, so the gap
/// is never too large, and neither is the significance. Infinities are not part of it. O(capacity log capacity).
package struct ValueComparison: Sendable {
    /// A column with no more different numbers than this, all exact, is tested by counts and not by ranks.
    package static let fewValues = 10

    package let baselineCount: Int
    package let windowCount: Int
    /// Whether every number was told apart.
    package let isExact: Bool
    private let places: [Double]
    private let before: [Int]
    private let after: [Int]
    private let baseline: ValueHistogram
    /// Numbers of the window that surely lie beyond all of the baseline's.
    package let below: Int
    package let above: Int

    /// Nil when one side has no finite number.
    package init?(_ baseline: ValueHistogram, _ window: ValueHistogram) {
        guard baseline.count > 0, window.count > 0 else { return nil }
        let shift = max(baseline.shift, window.shift)
        let (old, new) = (baseline.buckets(atShift: shift), window.buckets(atShift: shift))
        var (places, before, after): ([Double], [Int], [Int]) = ([], [], [])
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            let left = i < old.count ? old[i].low : .infinity
            let right = j < new.count ? new[j].low : .infinity
            places.append(left <= right ? old[i].middle : new[j].middle)
            before.append(left <= right ? old[i].count : 0)
            after.append(right <= left ? new[j].count : 0)
            if left <= right { i += 1 }
            if right <= left { j += 1 }
        }
        (self.places, self.before, self.after, self.baseline) = (places, before, after, baseline)
        (baselineCount, windowCount, isExact) = (baseline.count, window.count, shift == 0)
        let own = window.buckets
        below = own.reduce(0) { $0 + ($1.high < baseline.minimum ?? 0 ? $1.count : 0) }
        above = own.reduce(0) { $0 + ($1.low > baseline.maximum ?? 0 ? $1.count : 0) }
    }

    package var hasFewValues: Bool { isExact && places.count <= Self.fewValues }

    /// Nil when all numbers are the same.
    package var chiSquareTest: ChiSquareTest? { ChiSquareTest(before, after, minimumExpected: 5) }

    package var kolmogorovSmirnov: KolmogorovSmirnov {
        var (seenBefore, seenAfter, largest) = (0, 0, 0)
        for index in places.indices {
            seenBefore += before[index]
            seenAfter += after[index]
            largest = max(largest, abs(seenBefore * windowCount - seenAfter * baselineCount))
        }
        return KolmogorovSmirnov(firstCount: baselineCount, secondCount: windowCount, scaledGap: largest)
    }

    /// By the project's rule: deciles of the baseline as edges, duplicates removed, the outer bins open.
    package var decileEdges: [Double] {
        var edges: [Double] = []
        for edge in baseline.quantiles((1...9).map { Double($0) / 10 }) ?? [] where edges.last != edge { edges.append(edge) }
        return edges
    }

    /// Numbers in bins between edges that ascend; one equal to an edge belongs to the lower bin.
    package func counts(between edges: [Double]) -> (before: [Int], after: [Int]) {
        var counts = (before: [Int](repeating: 0, count: edges.count + 1), after: [Int](repeating: 0, count: edges.count + 1))
        var bin = 0
        for (index, place) in places.enumerated() {
            while bin < edges.count, edges[bin] < place { bin += 1 }
            counts.before[bin] += before[index]
            counts.after[bin] += after[index]
        }
        return counts
    }

    package var stabilityIndex: StabilityIndex? {
        let counts = counts(between: decileEdges)
        return StabilityIndex(counts.before, counts.after)
    }

    /// The Wasserstein distance in standard deviations of the baseline, and what it comes to on average when nothing changed; nil for a
    /// constant baseline.
    ///
    /// Without a change the gap at a place where the share F lies below is normal with variance F(1 − F)(1/n + 1/m), so its size is
    /// √(2/π) of that on average.
    package var wasserstein: (deviations: Double, noise: Double)? {
        guard let deviation = baseline.moments.populationDeviation, deviation > 0, deviation.isFinite else { return nil }
        let (n, m) = (Double(baselineCount), Double(windowCount))
        let factor = (2 / Double.pi * (1 / n + 1 / m)).squareRoot()
        var (seenBefore, seenAfter) = (0, 0)
        var (distance, noise) = (0.0, 0.0)
        for index in places.indices.dropLast() {
            seenBefore += before[index]
            seenAfter += after[index]
            // In deviations at once, so that the largest numbers do not overflow.
            let width = places[index + 1] / deviation - places[index] / deviation
            let share = Double(seenBefore + seenAfter) / (n + m)
            distance += abs(Double(seenBefore) / n - Double(seenAfter) / m) * width
            noise += factor * (share * (1 - share)).squareRoot() * width
        }
        return distance.isFinite ? (distance, noise) : nil
    }
}
