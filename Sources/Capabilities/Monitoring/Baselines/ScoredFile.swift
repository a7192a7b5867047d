// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A comma-separated file of rows scored by a version: a header, then features, score and label under their names.
///
/// An empty field is a null. Fields are not quoted, as the names and codes that models take need no commas; a quotation mark is
/// refused rather than misread. Columns that are neither features, score nor label are ignored.
package struct ScoredFile: Sendable {
    package static let maximumRows = 1_000_000

    package let rows: [MonitoredRow]

    /// - Parameter score: Name of the score's column; a file without it, or without labels, gives a baseline without them.
    /// - Throws: `Problem` `.invalid` naming the line.
    package init(
        csv text: String, features: [MonitoredFeature], score: String = "score", label: String = "label", rule: LabelRule?
    ) throws(Problem) {
        let lines = text.utf8.split { $0 == 10 || $0 == 13 }
        guard let header = lines.first, lines.count > 1 else { throw Self.refuse("It has no header and no rows.") }
        guard lines.count - 1 <= Self.maximumRows else { throw Self.refuse("It has more than \(Self.maximumRows) rows.") }
        let names = Self.fields(header)
        guard Set(names).count == names.count else { throw Self.refuse("Two columns have the same name.") }
        var places: [String: Int] = [:]
        for (index, name) in names.enumerated() { places[name] = index }
        let columns = features.compactMap { feature in places[feature.name].map { (feature: feature, place: $0) } }
        guard !columns.isEmpty || places[score] != nil else {
            throw Self.refuse(
                "It has neither a feature's column nor '\(score.printable)'; its columns are \(names.joined(separator: ", ").printable).")
        }
        var rows: [MonitoredRow] = []
        rows.reserveCapacity(lines.count - 1)
        for (index, line) in lines.dropFirst().enumerated() {
            let fields = Self.fields(line)
            guard fields.count == names.count, !line.contains(UInt8(ascii: "\"")) else {
                throw Self.refuse("Line \(index + 2) does not have \(names.count) plain fields.")
            }
            func number(_ place: Int) throws(Problem) -> Double? {
                guard !fields[place].isEmpty else { return nil }
                guard let value = Double(fields[place]) else {
                    throw Self.refuse("'\(fields[place].printable)' in line \(index + 2) is not a number.")
                }
                return value.isNaN ? nil : value
            }
            var inputs: [String: JSONValue] = [:]
            for column in columns {
                switch column.feature.kind {
                case .number: inputs[column.feature.name] = try number(column.place).map { .number($0) } ?? .null
                case .category: inputs[column.feature.name] = fields[column.place].isEmpty ? .null : .string(fields[column.place])
                }
            }
            var isPositive: Bool?
            if let rule, let place = places[label], let value = try number(place) { isPositive = value >= rule.positiveFrom }
            var scored: Double?
            if let place = places[score] { scored = try number(place) }
            rows.append(MonitoredRow(key: String(index), time: nil, inputs: inputs, score: scored, isPositive: isPositive))
        }
        self.rows = rows
    }

    private static func fields(_ line: Substring.UTF8View) -> [String] {
        line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { String(Substring($0)) }
    }

    private static func refuse(_ why: String) -> Problem {
        Problem(.invalid, "monitoring.baseline.file", "The file of scored rows cannot be used.", why: why)
    }
}
