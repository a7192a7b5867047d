// SPDX-License-Identifier: Apache-2.0

package import Domain

/// The immutable state of a dataset at a time: files by digest, with their schema and profile.
package struct Snapshot: Codable, Equatable, Sendable {
    /// The SHA-256 of the manifest, as 64 hexadecimal digits: the same files of the same dataset are the same snapshot.
    package var id: String
    package var dataset: String
    /// 1, 2, 3, … in the dataset.
    package var ordinal: Int64
    package var recorded: Timestamp
    package var author: String
    package var labels: SnapshotLabels
    package var files: [SnapshotFile]
    /// Nil with `profile` when the files are no CSV.
    package var rowCount: Int64?
    package var columns: [SnapshotColumn]
    package var profile: SnapshotProfile?

    package static func unknown(_ id: String) -> Problem {
        Problem(
            .notFound, "tracking.snapshot.unknown", "Snapshot '\(id.printable)' does not exist.", fix: "List the snapshots of its dataset.")
    }
}

/// Where the data lives and what kind it is; policies decide by these.
package struct SnapshotLabels: Codable, Equatable, Sendable {
    package static let maximumClassifications = 32

    package var jurisdiction: String?
    /// Sorted, without repetitions.
    package var classifications: [String]

    package init(jurisdiction: String?, classifications: [String]) throws(Problem) {
        if let jurisdiction { try ResourceName.check(jurisdiction, of: "jurisdiction") }
        for classification in classifications { try ResourceName.check(classification, of: "classification") }
        guard classifications.count <= Self.maximumClassifications else {
            throw Problem(
                .invalid, "tracking.snapshot.classifications", "\(classifications.count) classifications were given.",
                why: "At most \(Self.maximumClassifications) are taken.")
        }
        self.jurisdiction = jurisdiction
        self.classifications = Set(classifications).sorted()
    }
}

package struct SnapshotFile: Codable, Equatable, Sendable {
    package var name: String
    package var digest: BlobDigest
    package var size: Int64
}

package struct SnapshotColumn: Codable, Equatable, Sendable {
    package var name: String
    package var type: ColumnType
}

/// The narrowest type that all values of a column have.
package enum ColumnType: String, Codable, Sendable {
    /// Whole numbers of at most 18 digits.
    case integer
    /// Decimal numbers, read as `Double`.
    case number
    /// RFC 3339 times, or dates; profiled as milliseconds since 1970 UTC.
    case time
    case text
}
