// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The lines at the beginning of a LightGBM text model, up to the first empty one: `name=value`, after the word `tree`.
struct ModelHeader {
    let objective: String?
    /// Empty when it was trained without: LightGBM then writes names of its own.
    let featureNames: [String]
    let lastFeature: Int
    let treesPerIteration: Int
    /// In bytes; nil when the text does not say.
    let treeSizes: [Int]?

    /// Nil when the text is no such model.
    init?(_ text: String) {
        var lines = text.split(separator: "\n", maxSplits: 64, omittingEmptySubsequences: false).dropLast().makeIterator()
        guard lines.next()?.trimmingSpaces == "tree" else { return nil }
        var values: [Substring: Substring] = [:]
        while let line = lines.next(), !line.trimmingSpaces.isEmpty {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[parts[0]] = parts.count == 2 ? parts[1].trimmingSpaces : ""
        }
        guard let lastFeature = values["max_feature_idx"].flatMap({ Int($0) }) else { return nil }
        self.lastFeature = lastFeature
        treesPerIteration = values["num_tree_per_iteration"].flatMap { Int($0) } ?? 1
        treeSizes = values["tree_sizes"].flatMap { text in
            let words = text.split(separator: " ")
            let sizes = words.compactMap { Int($0) }
            return sizes.count == words.count ? sizes : nil
        }
        objective = values["objective"]?.split(separator: " ").first.map(String.init)
        let names = values["feature_names"]?.split(separator: " ").map(String.init) ?? []
        featureNames = names.enumerated().allSatisfy { $1 == "Column_\($0)" } ? [] : names
    }

    /// Whether columns of text were turned into numbers by a list that only pandas and LightGBM's Python know how to use.
    static func hasTextCategories(_ text: String) -> Bool {
        guard let mark = text.range(of: "\npandas_categorical:", options: .backwards) else { return false }
        let list = text[mark.upperBound...].prefix { $0 != "\n" }
        return list != "null" && list != "[]" && list.contains("\"")
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while let last = text.last, last == "\r" || last == " " { text.removeLast() }
        return text
    }
}
