// SPDX-License-Identifier: Apache-2.0

/// The categories of a reference, frozen: the commonest by name, the others together, and what was never there told apart.
package struct CategoryReference: Codable, Equatable, Sendable {
    /// The commonest first, equal counts by name.
    package let names: [String]
    /// Hashes of the reference's other categories, ascending. A new category is taken for one of these with a chance of 1e-15.
    private let otherHashes: [UInt64]
    /// Whether all other categories are known. If not, what is neither named nor known counts as other, never as unseen.
    package let isComplete: Bool
    private let places: [String: Int]

    package static let rememberedOthers = 100_000

    /// O(K log K).
    ///
    /// - Parameters:
    ///   - counts: Of the reference, by category.
    ///   - limit: Categories that keep their name.
    ///   - otherLimit: Further categories that are remembered as hashes.
    package init(counts: [String: Int], limit: Int = 200, otherLimit: Int = CategoryReference.rememberedOthers) {
        precondition(limit > 0 && otherLimit >= 0, "A table of categories has room for one.")
        let ordered = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        names = Array(ordered.prefix(limit))
        isComplete = ordered.count - names.count <= otherLimit
        otherHashes = isComplete ? ordered.dropFirst(limit).map { StableHash.of($0) }.sorted() : []
        places = Self.places(of: names)
    }

    private enum CodingKeys: String, CodingKey {
        case names, otherHashes, isComplete
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        names = try container.decode([String].self, forKey: .names)
        otherHashes = try container.decode([UInt64].self, forKey: .otherHashes)
        isComplete = try container.decode(Bool.self, forKey: .isComplete)
        places = Self.places(of: names)
        guard places.count == names.count, zip(otherHashes, otherHashes.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw DecodingError.dataCorruptedError(forKey: .names, in: container, debugDescription: "Categories must differ.")
        }
    }

    package enum Place: Equatable, Sendable {
        case named(Int)
        case other
        case unseen
    }

    /// O(length + log K).
    package func place(of category: String) -> Place {
        if let place = places[category] { return .named(place) }
        guard isComplete else { return .other }
        let hash = StableHash.of(category)
        var low = 0
        var high = otherHashes.count
        while low < high {
            let middle = (low + high) / 2
            if otherHashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return low < otherHashes.count && otherHashes[low] == hash ? .other : .unseen
    }

    private static func places(of names: [String]) -> [String: Int] {
        Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    }
}
