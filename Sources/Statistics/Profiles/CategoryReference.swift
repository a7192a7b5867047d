// SPDX-License-Identifier: Apache-2.0

/// The categories of a reference, frozen: the commonest by name, the others together, and what was never there told apart.
package struct CategoryReference: Codable, Equatable, Sendable {
    /// The commonest first, equal counts by name.
    package let names: [String]
    /// Hashes of the reference's other categories, ascending. A new category is taken for one of these with a chance of 1e-15.
    private let otherHashes: [UInt64]
    /// Whether all other categories are known. If not, what is neither named nor known counts as other, never as unseen.
    package let isComplete: Bool
    private let places: PlaceTable

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
        places = PlaceTable(names)
    }

    private enum CodingKeys: String, CodingKey {
        case names, otherHashes, isComplete
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        names = try container.decode([String].self, forKey: .names)
        otherHashes = try container.decode([UInt64].self, forKey: .otherHashes)
        isComplete = try container.decode(Bool.self, forKey: .isComplete)
        places = PlaceTable(names)
        guard Set(names).count == names.count, zip(otherHashes, otherHashes.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw DecodingError.dataCorruptedError(forKey: .names, in: container, debugDescription: "Categories must differ.")
        }
    }

    package enum Place: Equatable, Sendable {
        case named(Int)
        case other
        case unseen
    }

    /// O(length + log K).
    package func place(of category: String) -> Place { place(of: category, hash: StableHash.of(category)) }

    /// - Parameter hash: Of the category.
    func place(of category: String, hash: UInt64) -> Place {
        if let place = places.place(of: hash, where: { names[$0] == category }) { return .named(place) }
        guard isComplete else { return .other }
        var low = 0
        var high = otherHashes.count
        while low < high {
            let middle = (low + high) / 2
            if otherHashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return low < otherHashes.count && otherHashes[low] == hash ? .other : .unseen
    }
}

/// Where names stand in their list, by their hashes in a table with open addressing, at most half full: one hash serves for all that is kept
/// of a value.
private struct PlaceTable: Equatable, Sendable {
    private struct Slot: Equatable {
        var hash: UInt64
        /// −1 in an empty slot.
        var place: Int
    }

    private var slots: [Slot]

    init(_ names: [String]) {
        var size = 16
        while size < 2 * names.count { size *= 2 }
        slots = Array(repeating: Slot(hash: 0, place: -1), count: size)
        for (place, name) in names.enumerated() {
            let hash = StableHash.of(name)
            var index = Int(truncatingIfNeeded: hash) & (size - 1)
            while slots[index].place >= 0 { index = (index + 1) & (size - 1) }
            slots[index] = Slot(hash: hash, place: place)
        }
    }

    func place(of hash: UInt64, where isIt: (Int) -> Bool) -> Int? {
        slots.withUnsafeBufferPointer { slots in
            var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[index].place >= 0 {
                if slots[index].hash == hash, isIt(slots[index].place) { return slots[index].place }
                index = (index + 1) & (slots.count - 1)
            }
            return nil
        }
    }
}
