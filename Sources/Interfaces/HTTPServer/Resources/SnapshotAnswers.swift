// SPDX-License-Identifier: Apache-2.0

import API
import Tracking

extension SnapshotDiffAnswer {
    init(_ diff: SnapshotDiff, from before: String, to after: String) {
        self.init(
            before: before, after: after, filesAdded: diff.filesAdded, filesRemoved: diff.filesRemoved, filesChanged: diff.filesChanged,
            rowsBefore: diff.rowsBefore, rowsAfter: diff.rowsAfter, columns: diff.columns.map { ColumnDiffAnswer($0) })
    }
}

extension ColumnDiffAnswer {
    init(_ column: SnapshotDiff.Column) {
        self.init(
            name: column.name, change: column.change.rawValue, before: column.before.map { ColumnSideAnswer($0) },
            after: column.after.map { ColumnSideAnswer($0) },
            shift: column.shift.map { shift in
                ColumnShiftAnswer(
                    stabilityIndex: shift.index, noiseFloor: shift.noiseFloor, isInterpolated: shift.isInterpolated,
                    newCategories: shift.newCategories, goneCategories: shift.goneCategories)
            })
    }
}

extension ColumnSideAnswer {
    init(_ side: SnapshotDiff.ColumnSide) {
        self.init(
            type: side.type.rawValue, nullShare: side.nullShare, distinct: side.distinct, minimum: side.minimum, maximum: side.maximum,
            mean: side.mean)
    }
}
