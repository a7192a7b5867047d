// SPDX-License-Identifier: Apache-2.0

/// What numeric profiles of one baseline share, frozen: its deciles, 256 finer bins, and its range.
package struct NumericReference: Codable, Equatable, Sendable {
    /// For scores that people know limits for.
    package let deciles: ReferenceBins
    /// For gaps of distribution functions, and for distances when there are rows enough.
    package let fine: ReferenceBins
    package let range: ClosedRange<Double>

    package static let fineBinCount = 256

    /// O(n log n). Nil when no value of the reference is a finite number.
    package init?(reference values: [Double]) {
        let finite = values.filter(\.isFinite)
        guard let deciles = ReferenceBins(reference: finite), let fine = ReferenceBins(reference: finite, count: Self.fineBinCount),
            let low = finite.min(), let high = finite.max()
        else { return nil }
        self.deciles = deciles
        self.fine = fine
        range = low...high
    }
}
