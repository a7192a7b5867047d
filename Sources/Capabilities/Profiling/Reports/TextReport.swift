// SPDX-License-Identifier: Apache-2.0

import Statistics

extension ColumnProfile {
    /// Name, kind, rows, missing, different, smallest, median, largest and commonest, for a table.
    package var cells: [String] {
        let different = Double(numbers.bucketCount) + texts.distinct
        let isExact = numbers.isExact && texts.isComplete
        return [
            name, kind.rawValue, "\(rowCount)", "\(missing)", isExact ? number(different) : "many", numbers.minimum.map(number) ?? "-",
            numbers.quantiles([0.5]).map { number($0[0]) } ?? "-", numbers.maximum.map(number) ?? "-",
            texts.isComplete ? texts.categories.prefix(3).map { "\($0.text) (\($0.count))" }.joined(separator: ", ") : "-",
        ]
    }
}

extension PerformanceReport {
    /// A line for each measure.
    package var lines: [String] { rows.map { "\($0[0]): \($0[1]) → \($0[2])" } }
}
