// SPDX-License-Identifier: Apache-2.0

/// Summation whose rounding error grows with log n instead of n (Higham, "The Accuracy of Floating Point Summation", SIAM
/// Journal on Scientific Computing 14, 1993).
///
/// Blocks of up to 128 values are added in eight interleaved lanes, as numpy does, so sums equal numpy's to the last bit.
enum PairwiseSum {
    static func of(_ values: [Double]) -> Double {
        values.withUnsafeBufferPointer { sum($0, 0, $0.count) }
    }

    /// Nil without values.
    static func mean(of values: [Double]) -> Double? {
        values.isEmpty ? nil : of(values) / Double(values.count)
    }

    private static func sum(_ values: UnsafeBufferPointer<Double>, _ start: Int, _ count: Int) -> Double {
        if count < 8 {
            var total = 0.0
            for index in start..<start + count { total += values[index] }
            return total
        }
        guard count <= 128 else {
            var half = count / 2
            half -= half % 8
            return sum(values, start, half) + sum(values, start + half, count - half)
        }
        var lanes = (
            values[start], values[start + 1], values[start + 2], values[start + 3], values[start + 4], values[start + 5],
            values[start + 6], values[start + 7]
        )
        let whole = start + count - count % 8
        var index = start + 8
        while index < whole {
            lanes.0 += values[index]
            lanes.1 += values[index + 1]
            lanes.2 += values[index + 2]
            lanes.3 += values[index + 3]
            lanes.4 += values[index + 4]
            lanes.5 += values[index + 5]
            lanes.6 += values[index + 6]
            lanes.7 += values[index + 7]
            index += 8
        }
        var total = ((lanes.0 + lanes.1) + (lanes.2 + lanes.3)) + ((lanes.4 + lanes.5) + (lanes.6 + lanes.7))
        for rest in whole..<start + count { total += values[rest] }
        return total
    }
}
