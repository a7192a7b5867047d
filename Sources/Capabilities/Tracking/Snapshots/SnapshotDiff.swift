// SPDX-License-Identifier: Apache-2.0

import Statistics

/// How one snapshot differs from another: files, schema, rows, and what stands in each column.
///
/// A pure function of two snapshots as they are stored; no data is read. O(files + columns + bins and categories).
package struct SnapshotDiff: Equatable, Sendable {
    package enum ColumnChange: String, Sendable { case added, removed, typeChanged = "type-changed", kept }

    package struct Column: Equatable, Sendable {
        package var name: String
        package var change: ColumnChange
        /// Nil where the column is not there.
        package var before: ColumnSide?
        package var after: ColumnSide?
        /// Nil when a distribution cannot be compared: see `ColumnShift.init`.
        package var shift: ColumnShift?
    }

    package struct ColumnSide: Equatable, Sendable {
        package var type: ColumnType
        /// Of all rows; nil without rows.
        package var nullShare: Double?
        package var distinct: Int64?
        package var minimum: Double?
        package var maximum: Double?
        package var mean: Double?
    }

    package var filesAdded: [String]
    package var filesRemoved: [String]
    package var filesChanged: [String]
    package var rowsBefore: Int64?
    package var rowsAfter: Int64?
    /// In the order of the later snapshot, removed ones last.
    package var columns: [Column]

    package init(from before: Snapshot, to after: Snapshot) {
        let old = Dictionary(before.files.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(after.files.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
        filesAdded = new.keys.filter { old[$0] == nil }.sorted()
        filesRemoved = old.keys.filter { new[$0] == nil }.sorted()
        filesChanged = new.keys.filter { name in old[name].map { $0 != new[name] } ?? false }.sorted()
        rowsBefore = before.rowCount
        rowsAfter = after.rowCount
        let known = Dictionary(before.columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        columns = after.columns.map { column in
            Self.column(column.name, known[column.name], column, before.profile, after.profile)
        }
        let kept = Set(after.columns.map(\.name))
        columns += before.columns.filter { !kept.contains($0.name) }.map { Self.column($0.name, $0, nil, before.profile, after.profile) }
    }

    private static func column(
        _ name: String, _ old: SnapshotColumn?, _ new: SnapshotColumn?, _ before: SnapshotProfile?, _ after: SnapshotProfile?
    ) -> Column {
        let (oldProfile, newProfile) = (before?[name], after?[name])
        let change: ColumnChange = old == nil ? .added : new == nil ? .removed : old?.type != new?.type ? .typeChanged : .kept
        var shift: ColumnShift?
        if let oldProfile, let newProfile { shift = ColumnShift(from: oldProfile, to: newProfile) }
        return Column(
            name: name, change: change, before: old.map { side($0.type, oldProfile, before?.rowCount) },
            after: new.map { side($0.type, newProfile, after?.rowCount) }, shift: shift)
    }

    private static func side(_ type: ColumnType, _ profile: ColumnProfile?, _ rows: Int64?) -> ColumnSide {
        ColumnSide(
            type: type, nullShare: profile.flatMap { profile in rows.flatMap { $0 > 0 ? Double(profile.nulls) / Double($0) : nil } },
            distinct: profile?.distinct, minimum: profile?.numbers?.minimum, maximum: profile?.numbers?.maximum,
            mean: profile?.numbers?.mean)
    }
}
