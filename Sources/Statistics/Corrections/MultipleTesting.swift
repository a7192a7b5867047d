// SPDX-License-Identifier: Apache-2.0

/// Ways to adjust p-values when many hypotheses are tested at once; an adjusted value is compared with the level itself.
package enum MultipleTesting: String, Codable, CaseIterable, Sendable {
    /// Bounds the chance of any false alarm (Dunn 1961).
    case bonferroni
    /// Bounds the chance of any false alarm and is never weaker than Bonferroni (Holm 1979).
    case holm
    /// Bounds the expected share of false alarms among alarms, for independent or positively dependent tests
    /// (Benjamini and Hochberg 1995).
    case benjaminiHochberg
    /// The same bound under any dependence (Benjamini and Yekutieli 2001).
    case benjaminiYekutieli

    /// Adjusted p-values in the order given, none above 1; O(m log m). Input must lie in 0…1.
    package func adjusted(_ pValues: [Double]) -> [Double] {
        precondition(pValues.allSatisfy { (0...1).contains($0) }, "A p-value lies between 0 and 1.")
        let total = Double(pValues.count)
        let ascending = pValues.indices.sorted { pValues[$0] < pValues[$1] }
        var adjusted = pValues
        switch self {
        case .bonferroni:
            for index in pValues.indices { adjusted[index] = min(1, pValues[index] * total) }
        case .holm:
            var largest = 0.0
            for (rank, index) in ascending.enumerated() {
                largest = max(largest, min(1, pValues[index] * (total - Double(rank))))
                adjusted[index] = largest
            }
        case .benjaminiHochberg, .benjaminiYekutieli:
            let harmonic = self == .benjaminiHochberg ? 1 : pValues.indices.reduce(0.0) { $0 + 1 / Double($1 + 1) }
            var smallest = 1.0
            for (rank, index) in ascending.enumerated().reversed() {
                smallest = min(smallest, pValues[index] * (total * harmonic / Double(rank + 1)))
                adjusted[index] = smallest
            }
        }
        return adjusted
    }
}
