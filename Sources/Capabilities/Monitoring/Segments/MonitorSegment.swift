// SPDX-License-Identifier: Apache-2.0

/// Rows that are judged by themselves, too: those of each value of an input, or those whose input lies in a range.
package struct MonitorSegment: Codable, Equatable, Sendable {
    /// Of one monitor.
    package static let most = 10
    /// Segments that are judged, of all rules together: those with most rows in the baseline.
    package static let judged = 50
    package static let minimumRows = 100
    private static let longestValue = 100

    /// An input, by its name in the prediction log.
    package var column: String
    /// Only these values; nil are all.
    package var values: [String]?
    /// One segment: numbers from here on and below `below`.
    package var from: Double?
    package var below: Double?

    package init(_ column: String, values: [String]? = nil, from: Double? = nil, below: Double? = nil) {
        self.column = column
        self.values = values
        self.from = from
        self.below = below
    }

    private var isRange: Bool { from != nil || below != nil }

    /// What tells the row's segment from others of this rule; nil for a row in none.
    func value(of row: MonitoredRow) -> String? {
        guard isRange else {
            guard let value = row.category(column), values?.contains(value) ?? true else { return nil }
            return String(value.prefix(Self.longestValue))
        }
        guard let number = row.number(column), number >= from ?? -.infinity, number < below ?? .infinity else { return nil }
        return ""
    }

    /// Such as `carrier=AA` or `distance>=1000,<2000`.
    func name(of value: String) -> String {
        guard isRange else { return "\(column)=\(value)" }
        return column + [from.map { ">=\(text($0))" }, below.map { "<\(text($0))" }].compactMap(\.self).joined(separator: ",")
    }

    private func text(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? String(number) }

    /// What is out of range; nil when nothing is.
    static func fault(_ segments: [MonitorSegment]) -> String? {
        guard segments.count <= most else { return "It names more than \(most) kinds of segments." }
        for (index, segment) in segments.enumerated() {
            guard (1...200).contains(segment.column.utf8.count) else { return "A segment's 'column' has 1 to 200 bytes." }
            guard !segment.isRange || segment.values == nil else { return "A segment has 'values', or 'from' and 'below', not both." }
            guard [segment.from, segment.below].allSatisfy({ $0?.isFinite ?? true }),
                segment.from ?? -.infinity < segment.below ?? .infinity
            else { return "A segment's 'from' is a number below 'below'." }
            guard segment.values.map({ (1...judged).contains($0.count) }) ?? true else { return "A segment has 1 to \(judged) 'values'." }
            guard !segments[..<index].contains(segment) else { return "It names a segment twice." }
        }
        return nil
    }
}
