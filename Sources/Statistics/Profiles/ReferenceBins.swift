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
        var low = 0
        var high = edges.count
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
