// SPDX-License-Identifier: Apache-2.0

/// The best non-decreasing map from scores to probabilities, in squared error: isotonic regression of labels on scores.
///
/// Zadrozny and Elkan, "Transforming Classifier Scores into Accurate Multiclass Probability Estimates", KDD (2002), by pooling adjacent
/// violators (Ayer et al., Annals of Mathematical Statistics 26, 1955). Needs a thousand rows or so; with fewer prefer
/// `PlattCalibration`.
package struct IsotonicCalibration: Codable, Equatable, Sendable {
    /// Increasing. Between two the probability is interpolated, outside it stays what it is at the end.
    package let scores: [Double]
    package let probabilities: [Double]

    /// Scores closer than this are one score.
    private static let resolution = 1e-15

    private struct Block {
        var first: Double
        var last: Double
        var positives: Double
        var rows: Double
        var share: Double { positives / rows }
    }

    /// O(n log n). Nil when there are no rows, the lists differ in length, or a score is not finite.
    package init?(scores: [Double], labels: [Bool]) {
        guard !scores.isEmpty, scores.count == labels.count, scores.allSatisfy(\.isFinite) else { return nil }
        var blocks: [Block] = []
        for block in Self.distinct(scores, labels) {
            var block = block
            while let last = blocks.last, last.share >= block.share {
                block = Block(
                    first: last.first, last: block.last, positives: last.positives + block.positives, rows: last.rows + block.rows)
                blocks.removeLast()
            }
            blocks.append(block)
        }
        var points: [(score: Double, probability: Double)] = []
        for block in blocks {
            points.append((block.first, block.share))
            if block.last > block.first { points.append((block.last, block.share)) }
        }
        self.scores = points.map(\.score)
        probabilities = points.map(\.probability)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        scores = try container.decode([Double].self, forKey: .scores)
        probabilities = try container.decode([Double].self, forKey: .probabilities)
        guard !scores.isEmpty, scores.count == probabilities.count, probabilities.allSatisfy({ (0...1).contains($0) }),
            zip(scores, scores.dropFirst()).allSatisfy({ $0 < $1 }), zip(probabilities, probabilities.dropFirst()).allSatisfy({ $0 <= $1 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .scores, in: container, debugDescription: "Scores and probabilities must increase.")
        }
    }

    /// O(log n). NaN stays NaN.
    package func probability(of score: Double) -> Double {
        guard !score.isNaN else { return .nan }
        var low = 0
        var high = scores.count
        while low < high {
            let middle = (low + high) / 2
            if scores[middle] < score { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return probabilities[0] }
        guard low < scores.count else { return probabilities[low - 1] }
        let slope = (probabilities[low] - probabilities[low - 1]) / (scores[low] - scores[low - 1])
        return slope * (score - scores[low - 1]) + probabilities[low - 1]
    }

    /// Rows of the same score together, at its smallest value.
    private static func distinct(_ scores: [Double], _ labels: [Bool]) -> [Block] {
        var blocks: [Block] = []
        for index in scores.indices.sorted(by: { scores[$0] < scores[$1] }) {
            let positive = labels[index] ? 1.0 : 0
            if let last = blocks.last, scores[index] - last.first < resolution {
                blocks[blocks.count - 1].positives += positive
                blocks[blocks.count - 1].rows += 1
            } else {
                blocks.append(Block(first: scores[index], last: scores[index], positives: positive, rows: 1))
            }
        }
        return blocks
    }
}
