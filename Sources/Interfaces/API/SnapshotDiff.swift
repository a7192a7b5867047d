// SPDX-License-Identifier: Apache-2.0

/// One side of a column in a comparison of snapshots.
package struct ColumnSideAnswer: Codable, Sendable {
    package var type: String
    /// Of all rows, 0 to 1.
    package var nullShare: Double?
    package var distinct: Int64?
    package var minimum: Double?
    package var maximum: Double?
    package var mean: Double?

    package init(type: String, nullShare: Double?, distinct: Int64?, minimum: Double?, maximum: Double?, mean: Double?) {
        self.type = type
        self.nullShare = nullShare
        self.distinct = distinct
        self.minimum = minimum
        self.maximum = maximum
        self.mean = mean
    }
}

/// How far the values of a column moved.
package struct ColumnShiftAnswer: Codable, Sendable {
    /// Population stability index in nats; 0 when the proportions are equal.
    package var stabilityIndex: Double
    /// What the index comes to on average when nothing changed but the draw of the rows.
    package var noiseFloor: Double
    /// Whether it was made from deciles of each side rather than from equal bins.
    package var isInterpolated: Bool
    /// Values only one side has, the first 20.
    package var newCategories: [String]
    package var goneCategories: [String]

    package init(
        stabilityIndex: Double, noiseFloor: Double, isInterpolated: Bool, newCategories: [String], goneCategories: [String]
    ) {
        self.stabilityIndex = stabilityIndex
        self.noiseFloor = noiseFloor
        self.isInterpolated = isInterpolated
        self.newCategories = newCategories
        self.goneCategories = goneCategories
    }
}

package struct ColumnDiffAnswer: Codable, Sendable {
    package var name: String
    /// `added`, `removed`, `type-changed` or `kept`.
    package var change: String
    package var before: ColumnSideAnswer?
    package var after: ColumnSideAnswer?
    package var shift: ColumnShiftAnswer?

    package init(name: String, change: String, before: ColumnSideAnswer?, after: ColumnSideAnswer?, shift: ColumnShiftAnswer?) {
        self.name = name
        self.change = change
        self.before = before
        self.after = after
        self.shift = shift
    }
}

/// `GET /api/v1/snapshots/{before}/diff/{after}`
package struct SnapshotDiffAnswer: Codable, Sendable {
    package var before: String
    package var after: String
    package var filesAdded: [String]
    package var filesRemoved: [String]
    package var filesChanged: [String]
    package var rowsBefore: Int64?
    package var rowsAfter: Int64?
    package var columns: [ColumnDiffAnswer]

    package init(
        before: String, after: String, filesAdded: [String], filesRemoved: [String], filesChanged: [String], rowsBefore: Int64?,
        rowsAfter: Int64?, columns: [ColumnDiffAnswer]
    ) {
        self.before = before
        self.after = after
        self.filesAdded = filesAdded
        self.filesRemoved = filesRemoved
        self.filesChanged = filesChanged
        self.rowsBefore = rowsBefore
        self.rowsAfter = rowsAfter
        self.columns = columns
    }
}
