// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A named collection of records that programs are evaluated with: what they are asked, and what should come out. It belongs to any number
/// of experiments, and unlike a snapshot it changes.
package struct EvaluationDataset: Codable, Equatable, Sendable {
    package var id: String
    /// Several may share a name.
    package var name: String
    /// Another one after each change of the records.
    package var digest: String
    /// Nil while there never was a record.
    package var schema: EvaluationSchema?
    package var recordCount: Int64
    package var created: Timestamp
    package var author: String
    /// When its records or experiments last changed.
    package var updated: Timestamp
    /// Who changed them.
    package var editor: String
    package var tags: [Tag] = []
    package var experiments: [Int64] = []

    package static func unknown(_ id: String) -> Problem {
        Problem(
            .notFound, "tracking.evaluation-dataset.unknown", "Evaluation dataset with id '\(id.printable)' not found",
            fix: "Search for evaluation datasets by name.")
    }
}

/// How large evaluation datasets may be.
package enum EvaluationLimit {
    package static let records: Int64 = 1_000_000
    package static let recordsAtOnce = 20_000
    /// Of one record, as stored.
    package static let recordBytes: Int64 = 1 << 20
    /// Bytes of records after which a page ends.
    package static let pageBytes: Int64 = 16 << 20
    package static let fields = 2_000
    package static let fieldLength = 500
    package static let experiments = 1_000
    package static let tags = 100
    package static let tagLength = 5_000

    static func check(name: String) throws(Problem) {
        guard !name.isEmpty, name.unicodeScalars.count <= 255, !name.utf8.contains(0) else {
            throw Problem(
                .invalid, "tracking.evaluation-dataset.name-length", "Invalid evaluation dataset name: '\(name.printable)'.",
                why: "It has \(name.unicodeScalars.count) characters; 1 to 255 are taken.")
        }
    }

    static func check(_ tags: [Tag]) throws(Problem) {
        for tag in tags {
            try TrackingKey.check(tag.key, of: "tag")
            guard tag.value.unicodeScalars.count <= tagLength else {
                throw Problem(
                    .invalid, "tracking.tag.length", "'value' exceeds the maximum length of \(tagLength) characters",
                    why: "It is the value of the tag '\(tag.key.printable)'.")
            }
        }
    }

    static func check(_ experiments: [Int64]) throws(Problem) {
        guard experiments.count <= Self.experiments else {
            throw Problem(
                .invalid, "tracking.evaluation-dataset.experiments-too-many", "The request names \(experiments.count) experiments.",
                why: "An evaluation dataset belongs to at most \(Self.experiments).")
        }
    }
}
