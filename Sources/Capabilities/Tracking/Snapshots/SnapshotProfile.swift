// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// What a snapshot's rows look like, column by column.
package struct SnapshotProfile: Codable, Equatable, Sendable {
    package var rowCount: Int64
    package var columns: [ColumnProfile]

    package subscript(column: String) -> ColumnProfile? { columns.first { $0.name == column } }
}

package struct ColumnProfile: Codable, Equatable, Sendable {
    package var name: String
    package var type: ColumnType
    /// Empty fields, and NaN in columns of numbers.
    package var nulls: Int64
    /// Distinct values as written: `1` and `1.0` are two.
    package var distinct: Int64
    /// Whether `distinct` is a HyperLogLog estimate (standard error 1.6 %), because there were too many to count.
    package var isDistinctEstimated: Bool
    /// For integers, numbers and times.
    package var numbers: NumberSummary?
    /// For text: the most frequent values, most frequent first, at most 20.
    package var topValues: [ValueCount]?
    /// For text with at most 1,000 values: all of them.
    package var categories: CategoricalProfile?
}

package struct NumberSummary: Codable, Equatable, Sendable {
    package var minimum: Double
    package var maximum: Double
    /// Over all rows.
    package var moments: Moments
    /// Deciles as edges, and how many values fell between them.
    package var distribution: NumericProfile
    /// Whether `distribution` rests on a random sample of the rows, because there were too many to keep.
    package var isSampled: Bool

    package var mean: Double { moments.mean }
    /// Divides by n − 1; nil for a single value.
    package var deviation: Double? { moments.sampleDeviation }
}

package struct ValueCount: Codable, Equatable, Sendable {
    /// At most 256 bytes of it.
    package var value: String
    package var count: Int64
}
