// SPDX-License-Identifier: Apache-2.0

import Backends

/// One tree of a text model: lines of `name=values`.
///
/// LightGBM reads trees in parallel, where what it throws ends the process; so nothing may be left for it to find wrong.
struct TextTree {
    let number: Int
    private let integers: [Substring: [Int]]
    private let reals: [Substring: [Double]]

    private static let integerNames: Set<Substring> = [
        "Tree", "num_leaves", "num_cat", "split_feature", "decision_type", "left_child", "right_child", "leaf_count", "internal_count",
        "cat_boundaries", "cat_threshold", "is_linear",
    ]
    private static let realNames: Set<Substring> = [
        "split_gain", "threshold", "leaf_value", "leaf_weight", "internal_value", "internal_weight", "shrinkage",
    ]

    /// Nil for a line that is none of a tree's, or comes twice.
    init?(_ text: Substring) {
        var integers: [Substring: [Int]] = [:]
        var reals: [Substring: [Double]] = [:]
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            let name = Substring(parts[0])
            let words = parts[1].split(separator: UInt8(ascii: " "))
            if Self.integerNames.contains(name) {
                let values = words.compactMap { Int(Substring($0)) }
                guard values.count == words.count, integers.updateValue(values, forKey: name) == nil else { return nil }
            } else if Self.realNames.contains(name) {
                let values = words.compactMap(Self.real)
                guard values.count == words.count, reals.updateValue(values, forKey: name) == nil else { return nil }
            } else {
                return nil
            }
        }
        guard let number = integers["Tree"]?.first else { return nil }
        self.number = number
        self.integers = integers
        self.reals = reals
    }

    func isSound(features: Int) -> Bool {
        guard let leaves = one("num_leaves"), leaves > 0, let categories = one("num_cat"), categories >= 0, one("is_linear") ?? 0 == 0,
            reals["leaf_value"]?.count == leaves, reals["shrinkage"]?.count ?? 1 == 1
        else { return false }
        let nodes = leaves - 1
        guard nodes > 0 else { return true }
        guard let splits = integers["split_feature"], let thresholds = reals["threshold"], let decisions = integers["decision_type"],
            let left = integers["left_child"], let right = integers["right_child"],
            [splits.count, thresholds.count, decisions.count, left.count, right.count].allSatisfy({ $0 == nodes }),
            has("split_gain", nodes), has("internal_value", nodes), has("internal_weight", nodes), has("internal_count", nodes),
            has("leaf_weight", leaves), has("leaf_count", leaves), splits.allSatisfy({ $0 >= 0 && $0 < features }),
            decisions.allSatisfy({ $0 >= 0 && $0 < 16 })
        else { return false }
        guard areCategoriesSound(categories) else { return false }
        for (decision, threshold) in zip(decisions, thresholds) where decision & 1 == 1 {
            guard threshold >= 0, threshold < Double(categories) else { return false }
        }
        var ends = Set<Int>()
        let isTree = TreeShape.isSound(nodes: nodes) { node in
            var below: [Int] = []
            for child in [left[node], right[node]] {
                if child >= 0 { below.append(child) } else if ~child >= leaves || !ends.insert(~child).inserted { return nil }
            }
            return below
        }
        return isTree && ends.count == leaves
    }

    private func areCategoriesSound(_ count: Int) -> Bool {
        guard count > 0 else { return true }
        guard let boundaries = integers["cat_boundaries"], let bits = integers["cat_threshold"], boundaries.count == count + 1 else {
            return false
        }
        return boundaries.first == 0 && boundaries.last == bits.count && zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 <= $1 }
            && bits.allSatisfy { $0 >= 0 && $0 <= Int(UInt32.max) }
    }

    private func one(_ name: Substring) -> Int? { integers[name].flatMap { $0.count == 1 ? $0[0] : nil } }

    /// Whether the list, where there is one, has that many numbers.
    private func has(_ name: Substring, _ count: Int) -> Bool { (integers[name]?.count ?? reals[name]?.count ?? count) == count }

    private static func real(_ word: Substring.UTF8View.SubSequence) -> Double? {
        let text = Substring(word)
        let isPlain = word.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
        return isPlain || ["inf", "-inf", "nan", "-nan"].contains(text) ? Double(text) : nil
    }
}
