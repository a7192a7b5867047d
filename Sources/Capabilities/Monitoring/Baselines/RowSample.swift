// SPDX-License-Identifier: Apache-2.0

import Domain

/// Whole rows of a baseline, chosen by hash: how columns, score and label go together, which profiles of single columns do not tell.
///
/// Kept only where the monitor has segments or a test of several columns together.
package struct RowSample: Codable, Equatable, Sendable {
    package static let limit = 5000

    package struct Item: Codable, Equatable, Sendable {
        /// In the order of `columns`.
        var inputs: [JSONValue]
        var score: Double?
        var isPositive: Bool?
    }

    package var columns: [String]
    package var items: [Item]

    /// - Parameter time: Of each row, by its place.
    func rows(_ prefix: String, _ places: some Sequence<Int>, time: (Int) -> Timestamp? = { _ in nil }) -> [MonitoredRow] {
        places.enumerated().map { number, place in
            MonitoredRow(
                key: "\(prefix).\(number)", time: time(number),
                inputs: Dictionary(zip(columns, items[place].inputs), uniquingKeysWith: { first, _ in first }), score: items[place].score,
                isPositive: items[place].isPositive)
        }
    }
}

/// Rows of a pass, as a sample of them.
struct RowSampler: Sendable {
    private let columns: [String]
    private var sample: HashSample<RowSample.Item>

    /// - Returns: Nil when no rule looks at whole rows.
    init?(_ specification: MonitorSpecification, limit: Int = RowSample.limit) {
        let joint = (specification.checks ?? []).filter { $0.type == .jointDrift }.flatMap {
            $0.jointColumns(specification.features).map(\.name)
        }
        let columns = (specification.segments ?? []).map(\.column) + joint
        guard !columns.isEmpty else { return nil }
        self.columns = Set(columns).sorted()
        sample = HashSample(limit: limit)
    }

    mutating func add(_ row: MonitoredRow) {
        sample.add(
            RowSample.Item(inputs: columns.map { row.inputs[$0] ?? .null }, score: row.score, isPositive: row.isPositive), hash: row.hash)
    }

    var rows: RowSample { RowSample(columns: columns, items: sample.values) }
}
