// SPDX-License-Identifier: Apache-2.0

/// Bins laid over a reference: its quantiles as edges, by default the deciles, duplicates removed, the outer bins open.
///
/// A value equal to an edge belongs to the lower bin, so a constant reference has one edge, and a value above
/// that constant falls into a bin of its own.
package struct ReferenceBins: Codable, Equatable, Sendable {
    /// Strictly increasing.
    package let edges: [Double]

    package var count: Int { edges.count + 1 }

    /// O(n log n). Nil when no value of the reference is a finite number.
    ///
    /// - Parameter count: Bins if no two edges are equal.
    package init?(reference: [Double], count: Int = 10) {
        precondition(count > 1, "One bin tells nothing apart.")
        guard let quantiles = Quantiles(of: reference.filter(\.isFinite)) else { return nil }
        var edges: [Double] = []
        for part in 1..<count {
            let edge = quantiles[Double(part) / Double(count)]
            if edges.last != edge { edges.append(edge) }
        }
        self.edges = edges
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        edges = try container.decode([Double].self, forKey: .edges)
        guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw DecodingError.dataCorruptedError(forKey: .edges, in: container, debugDescription: "Bin edges must increase.")
        }
    }

    /// The number of edges strictly below the value; O(log bins). The value must not be NaN.
    package func index(of value: Double) -> Int {
        edges.withUnsafeBufferPointer { edges in
            // The answer bit by bit. The eight bits of 256 bins are a loop of their own, which compiles to straight code without
            // branches: which way a comparison goes cannot be foreseen, and wrong guesses cost ten times the search.
            let count = edges.count
            var below = 0
            var step = count < 256 ? 128 : 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
            while step > 128 {
                let next = below &+ step
                if next <= count, edges[next &- 1] < value { below = next }
                step >>= 1
            }
            guard count > 0 else { return 0 }
            step = 128
            while step > 0 {
                let next = below &+ step
                let place = min(next, count) &- 1
                below = (next <= count && edges[place] < value) ? next : below
                step = step &>> 1
            }
            return below
        }
    }
}
