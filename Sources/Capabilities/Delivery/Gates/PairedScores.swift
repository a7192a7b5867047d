// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain

/// Scores of a candidate, and of the champion when there is one, for the same labelled held-out rows.
///
/// A score may be NaN or out of range: that is the model's doing, and the gate says so.
package struct PairedScores: Equatable, Sendable {
    package let labels: [Bool]
    package let candidate: [Double]
    package let champion: [Double]?
    /// For each row the index of its group, 0..<groupCount, when rows are not independent.
    package let groups: [Int]?
    package let groupCount: Int
    /// SHA-256 over all values, in order; it seeds the resampling, so that the same rows give the same verdict.
    package let digest: BlobDigest

    /// - Parameter groups: One key for each row; equal keys are resampled together.
    /// - Throws: `Problem` `.invalid` when the lists differ in length.
    package init(labels: [Bool], candidate: [Double], champion: [Double]? = nil, groups keys: [String]? = nil) throws(Problem) {
        guard candidate.count == labels.count, champion.map({ $0.count == labels.count }) ?? true,
            keys.map({ $0.count == labels.count }) ?? true
        else {
            throw Problem(.invalid, "delivery.scores.lengths-differ", "Labels, scores and groups must have one value for each row.")
        }
        var indexes: [String: Int] = [:]
        groups = keys?.map { key in
            if let known = indexes[key] { return known }
            indexes[key] = indexes.count
            return indexes.count - 1
        }
        groupCount = keys == nil ? labels.count : indexes.count
        self.labels = labels
        self.candidate = candidate
        self.champion = champion
        digest = Self.digest(labels, candidate, champion, groups)
    }

    package var rowCount: Int { labels.count }

    private static func digest(_ labels: [Bool], _ candidate: [Double], _ champion: [Double]?, _ groups: [Int]?) -> BlobDigest {
        var hash = SHA256()
        hash.update(data: Array("paired scores 1 \(champion != nil) \(groups != nil)\n".utf8))
        var bytes: [UInt8] = []
        func append(_ word: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
        }
        for row in labels.indices {
            bytes.append(labels[row] ? 1 : 0)
            append(candidate[row].bitPattern)
            if let champion { append(champion[row].bitPattern) }
            if let groups { append(UInt64(groups[row])) }
            if bytes.count > 1 << 15 {
                hash.update(data: bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        hash.update(data: bytes)
        return BlobDigest(sha256: hash.finalize())
    }
}
