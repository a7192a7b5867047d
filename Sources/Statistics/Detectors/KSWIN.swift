// SPDX-License-Identifier: Apache-2.0

/// Kolmogorov–Smirnov windowing: compares the newest values with a random sample of those before them.
///
/// Raab, Heusinger and Schleif, "Reactive Soft Prototype Computing for Concept Drift Streams", Neurocomputing 416 (2020). Sees any change of
/// distribution, not of the mean only. O(s log s) per value for s compared values. The level is for one look, and there is a look at every
/// value: false alarms come often.
package struct KSWIN: ChangeDetector, Equatable {
    package let alpha: Double
    package let windowSize: Int
    package let comparedSize: Int
    package let seed: UInt32

    /// Gaps of fewer steps of 1 / comparedSize are not significant; above comparedSize when none is.
    private let smallestGap: Int
    private var window: [Double] = []
    private var generator: MersenneTwister
    private var hasChanged = false

    package init(alpha: Double = 0.005, windowSize: Int = 100, comparedSize: Int = 30, seed: UInt32) {
        precondition(alpha >= 0 && alpha <= 1, "A level lies between 0 and 1.")
        precondition(comparedSize > 0 && windowSize >= 2 * comparedSize, "The window holds the newest values and as many before them.")
        self.alpha = alpha
        self.windowSize = windowSize
        self.comparedSize = comparedSize
        self.seed = seed
        // Whatever its p-value, a gap of a tenth or less is no change.
        smallestGap =
            (1...comparedSize).first { gap in
                let test = KolmogorovSmirnov(firstCount: comparedSize, secondCount: comparedSize, scaledGap: gap * comparedSize)
                return test.statistic > 0.1 && test.pValue <= alpha
            } ?? comparedSize + 1
        generator = MersenneTwister(digits: [seed])
    }

    package mutating func update(_ value: Double) -> ChangeSignal {
        guard value.isFinite else { return .stable }
        if hasChanged {
            window.removeAll(keepingCapacity: true)
            generator = MersenneTwister(digits: [seed])
            hasChanged = false
        }
        window.append(value)
        if window.count > windowSize { window.removeFirst() }
        guard window.count == windowSize else { return .stable }
        let older = generator.sample(comparedSize, below: windowSize - comparedSize).map { window[$0] }
        let test = KolmogorovSmirnov(sorted: older.sorted(), sorted: window.suffix(comparedSize).sorted())
        hasChanged = Int((test.statistic * Double(comparedSize)).rounded()) >= smallestGap
        return hasChanged ? .change : .stable
    }
}
