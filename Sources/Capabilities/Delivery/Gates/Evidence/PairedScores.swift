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
    /// Further columns by name, for segments.
    package let columns: [String: ScoreColumn]
    /// SHA-256 over labels, scores and groups, in order; it seeds the resampling, so that the same rows give the same verdict.
    package let digest: BlobDigest

    /// - Parameter groups: One key for each row; equal keys are resampled together.
    /// - Throws: `Problem` `.invalid` when the lists differ in length.
    package init(
        labels: [Bool], candidate: [Double], champion: [Double]? = nil, groups keys: [String]? = nil, columns: [String: ScoreColumn] = [:]
    ) throws(Problem) {
        guard candidate.count == labels.count, champion.map({ $0.count == labels.count }) ?? true,
            keys.map({ $0.count == labels.count }) ?? true, columns.values.allSatisfy({ $0.codes.count == labels.count })
        else {
            throw Problem(.invalid, "delivery.scores.lengths-differ", "Labels, scores and groups must have one value for each row.")
        }
        self.init(labels, candidate, champion, keys.map { ScoreColumn($0) }, columns)
    }

    private init(_ labels: [Bool], _ candidate: [Double], _ champion: [Double]?, _ groups: ScoreColumn?, _ columns: [String: ScoreColumn]) {
        self.groups = groups?.codes
        groupCount = groups?.names.count ?? labels.count
        self.labels = labels
        self.candidate = candidate
        self.champion = champion
        self.columns = columns
        digest = Self.digest(labels, candidate, champion, groups?.codes)
    }

    package var rowCount: Int { labels.count }

    /// Some of the rows, without the further columns.
    func rows(_ rows: [Int]) -> PairedScores {
        let groups = groups.map { groups in ScoreColumn(rows.map { String(groups[$0]) }) }
        return PairedScores(
            rows.map { labels[$0] }, rows.map { candidate[$0] }, champion.map { champion in rows.map { champion[$0] } }, groups, [:])
    }

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

/// A column of texts, each different one kept once.
package struct ScoreColumn: Equatable, Sendable {
    /// For each row the place of its text in `names`.
    package private(set) var codes: [Int] = []
    /// In order of first appearance.
    package private(set) var names: [String] = []
    private var places: [String: Int] = [:]

    package init(_ texts: some Sequence<String> = EmptyCollection<String>()) {
        for text in texts { append(text) }
    }

    package mutating func append(_ text: String) {
        if let known = places[text] {
            codes.append(known)
            return
        }
        places[text] = names.count
        codes.append(names.count)
        names.append(text)
    }
}
