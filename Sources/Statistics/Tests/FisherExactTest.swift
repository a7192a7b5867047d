// SPDX-License-Identifier: Apache-2.0

/// Fisher's exact test of a 2×2 table, two-sided: no approximation, however small the counts.
///
/// Fisher, "The Logic of Inductive Inference", Journal of the Royal Statistical Society 98 (1935). The p-value adds the probabilities of
/// all tables with the same margins that are no more likely than the observed one.
package struct FisherExactTest: Equatable, Sendable {
    /// first[0] · second[1] / (first[1] · second[0]); infinite when only the divisor is 0, nil when a margin is empty.
    package let oddsRatio: Double?
    package let pValue: Double

    /// Tables that are equally likely by symmetry may differ in the last digits.
    private static let equality = 1 + 1e-9

    /// O(smallest margin). A table with an empty margin has p = 1: it cannot speak.
    ///
    /// - Returns: Nil unless both rows have two counts, none negative.
    package init?(_ first: [Int], _ second: [Int]) {
        guard first.count == 2, second.count == 2, (first + second).allSatisfy({ $0 >= 0 }) else { return nil }
        let rows = (first[0] + first[1], second[0] + second[1])
        let column = first[0] + second[0]
        guard rows.0 > 0, rows.1 > 0, column > 0, first[1] + second[1] > 0 else {
            oddsRatio = nil
            pValue = 1
            return
        }
        oddsRatio = Double(first[0]) * Double(second[1]) / (Double(first[1]) * Double(second[0]))
        pValue = Self.share(asUnlikelyAs: first[0], rows: rows, column: column)
    }

    /// Probabilities relative to the likeliest table, so that nothing overflows; they fall off on both sides of it.
    private static func share(asUnlikelyAs observed: Int, rows: (Int, Int), column: Int) -> Double {
        let smallest = max(0, column - rows.1)
        let largest = min(rows.0, column)
        let likeliest = min(max((column + 1) * (rows.0 + 1) / (rows.0 + rows.1 + 2), smallest), largest)
        /// How much likelier the table with one more in its first cell is.
        func ratio(_ k: Int) -> Double {
            Double(rows.0 - k) * Double(column - k) / (Double(k + 1) * Double(rows.1 - column + k + 1))
        }
        var weight = 1.0
        if observed > likeliest {
            for k in likeliest..<observed { weight *= ratio(k) }
        } else {
            for k in (observed..<likeliest).reversed() { weight /= ratio(k) }
        }
        let limit = weight * equality
        var total = 1.0
        var unlikely = 1 <= limit ? 1.0 : 0
        func take(_ weight: Double) {
            total += weight
            if weight <= limit { unlikely += weight }
        }
        var above = 1.0
        var k = likeliest
        while k < largest, above > 0 {
            above *= ratio(k)
            k += 1
            take(above)
        }
        var below = 1.0
        k = likeliest
        while k > smallest, below > 0 {
            k -= 1
            below /= ratio(k)
            take(below)
        }
        return min(1, unlikely / total)
    }
}
