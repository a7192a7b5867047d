// SPDX-License-Identifier: Apache-2.0

package import API

/// Params and latest metrics of several runs side by side.
package struct RunComparison: Encodable {
    package struct Row: Encodable, Equatable {
        /// `param depth`, `metric auc`.
        package var name: String
        /// One for each run, nil where it has none.
        package var values: [String?]
        package var differs: Bool
    }

    package var runs: [String]
    package var rows: [Row]

    /// - Parameter onlyDifferences: Leaves out what is the same in all.
    package init(_ runs: [RunAnswer], onlyDifferences: Bool = false) {
        self.runs = runs.map(\.id)
        let params = runs.map { run in Dictionary(run.params.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }) }
        let metrics = runs.map { run in Dictionary(run.metrics.map { ($0.key, Output.number($0.value)) }, uniquingKeysWith: { $1 }) }
        rows = (Self.rows("param", params) + Self.rows("metric", metrics)).filter { $0.differs || !onlyDifferences }
    }

    private static func rows(_ noun: String, _ values: [[String: String]]) -> [Row] {
        Set(values.flatMap(\.keys)).sorted().map { key in
            let row = values.map { $0[key] }
            return Row(name: "\(noun) \(key)", values: row, differs: Set(row).count > 1)
        }
    }
}
