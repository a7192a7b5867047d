// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Goes through the trees of a text model before LightGBM does, which believes what it reads: a text that was cut or changed would make it
/// read beyond its memory, or end the process.
struct TextTrees {
    let header: ModelHeader

    /// What is wrong with the trees; nil when nothing is.
    func fault(in text: String) -> String? {
        guard let sizes = header.treeSizes else { return "It does not say how long its trees are." }
        guard header.treesPerIteration > 0, sizes.count % header.treesPerIteration == 0 else {
            return "It has \(sizes.count) trees, \(header.treesPerIteration) in each round."
        }
        let bytes = text.utf8
        guard var position = text.range(of: "\nTree=")?.lowerBound else { return sizes.isEmpty ? nil : "It has no trees." }
        position = bytes.index(after: position)
        for (number, size) in sizes.enumerated() {
            guard size > 0, let end = bytes.index(position, offsetBy: size, limitedBy: bytes.endIndex) else {
                return "It ends in tree \(number) of \(sizes.count)."
            }
            guard let tree = TextTree(text[position..<end]), tree.number == number, tree.isSound(features: header.lastFeature + 1) else {
                return "Tree \(number) is broken."
            }
            position = end
        }
        return text[position...].hasPrefix("end of trees") ? nil : "It does not end where its trees do."
    }
}
