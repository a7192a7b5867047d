// SPDX-License-Identifier: Apache-2.0

/// `PUT /api/v1/blobs`: what the body was stored as.
package struct BlobAnswer: Codable, Sendable {
    package var digest: String
    package var size: Int64

    package init(digest: String, size: Int64) {
        self.digest = digest
        self.size = size
    }
}

/// A file of a snapshot: its name and the digest of bytes stored before.
package struct SnapshotFileBody: Codable, Sendable {
    package var name: String
    package var digest: String

    package init(name: String, digest: String) {
        self.name = name
        self.digest = digest
    }
}

/// `POST /api/v1/datasets/{dataset}/snapshots`
package struct RecordSnapshotRequest: Codable, Sendable {
    package var files: [SnapshotFileBody]
    /// Where the data may live, such as `AE`.
    package var jurisdiction: String?
    package var classifications: [String]?

    package init(files: [SnapshotFileBody], jurisdiction: String? = nil, classifications: [String]? = nil) {
        self.files = files
        self.jurisdiction = jurisdiction
        self.classifications = classifications
    }
}

/// One column of a snapshot. Times are profiled as milliseconds since 1970 UTC.
package struct SnapshotColumnAnswer: Codable, Sendable {
    package var name: String
    /// `integer`, `number`, `time` or `text`.
    package var type: String
    /// Absent in lists.
    package var profile: ColumnProfileAnswer?

    package init(name: String, type: String, profile: ColumnProfileAnswer?) {
        self.name = name
        self.type = type
        self.profile = profile
    }
}

package struct ColumnProfileAnswer: Codable, Sendable {
    package var nulls: Int64
    package var distinct: Int64
    /// Whether `distinct` is an estimate (standard error 1.6 %).
    package var isDistinctEstimated: Bool
    package var minimum: Double?
    package var maximum: Double?
    package var mean: Double?
    /// Of the sample: divides by n − 1.
    package var deviation: Double?
    /// For text, the most frequent values first; at most 20.
    package var topValues: [ValueCountAnswer]?

    package init(
        nulls: Int64, distinct: Int64, isDistinctEstimated: Bool, minimum: Double?, maximum: Double?, mean: Double?, deviation: Double?,
        topValues: [ValueCountAnswer]?
    ) {
        self.nulls = nulls
        self.distinct = distinct
        self.isDistinctEstimated = isDistinctEstimated
        self.minimum = minimum
        self.maximum = maximum
        self.mean = mean
        self.deviation = deviation
        self.topValues = topValues
    }
}

package struct ValueCountAnswer: Codable, Sendable {
    package var value: String
    package var count: Int64

    package init(value: String, count: Int64) {
        self.value = value
        self.count = count
    }
}

/// `GET /api/v1/snapshots/{snapshot}`
package struct SnapshotAnswer: Codable, Sendable {
    package var id: String
    package var dataset: String
    /// Counts the snapshots of the dataset.
    package var ordinal: Int64
    package var recorded: Int64
    package var author: String
    package var jurisdiction: String?
    package var classifications: [String]
    package var files: [SnapshotFileBody]
    package var rows: Int64?
    package var columns: [SnapshotColumnAnswer]
    package var tags: [TagBody]

    package init(
        id: String, dataset: String, ordinal: Int64, recorded: Int64, author: String, jurisdiction: String?, classifications: [String],
        files: [SnapshotFileBody], rows: Int64?, columns: [SnapshotColumnAnswer], tags: [TagBody]
    ) {
        self.id = id
        self.dataset = dataset
        self.ordinal = ordinal
        self.recorded = recorded
        self.author = author
        self.jurisdiction = jurisdiction
        self.classifications = classifications
        self.files = files
        self.rows = rows
        self.columns = columns
        self.tags = tags
    }
}
