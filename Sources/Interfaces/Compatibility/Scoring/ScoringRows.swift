// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Rows as scoring requests bring them, before they are held against a model's signature.
package enum ScoringRows: Sendable {
    /// One value for each row; a value may be a list.
    package struct Column: Sendable {
        package var name: String
        package var values: [JSONNode]
    }

    /// All of the same length. With `isText`, every value is text still to be read as the type that the model takes.
    case columns([Column], isText: Bool = false)
    /// One value for each row, without names.
    case list([JSONNode])

    /// Objects are rows with named values, those left out are null; anything else has no names.
    ///
    /// - Throws: `Problem` `.invalid` when some are objects and some are not.
    package static func rows(_ elements: [JSONNode]) throws(Problem) -> ScoringRows {
        guard case .object = elements.first else {
            for (row, element) in elements.enumerated() {
                if case .object = element { throw mixed(row: row) }
            }
            return .list(elements)
        }
        var places: [String: Int] = [:]
        var columns: [Column] = []
        for (row, element) in elements.enumerated() {
            guard case .object(let members) = element else { throw mixed(row: row) }
            for member in members {
                if let place = places[member.name] {
                    columns[place].values[row] = member.node
                } else {
                    places[member.name] = columns.count
                    var values = Array(repeating: JSONNode.null, count: elements.count)
                    values[row] = member.node
                    columns.append(Column(name: member.name, values: values))
                    guard columns.count * elements.count <= maximumValues else { throw tooMany }
                }
            }
        }
        return .columns(columns)
    }

    /// - Parameter names: Nil when the rows have none.
    /// - Throws: `Problem` `.invalid` unless each row is a list with a value for each name.
    package static func table(names: [String]?, rows: [JSONNode]) throws(Problem) -> ScoringRows {
        guard let names else { return .list(rows) }
        var columns = names.map { Column(name: $0, values: []) }
        for (row, element) in rows.enumerated() {
            guard case .array(let values) = element, values.count == names.count else {
                throw Problem(
                    .invalid, "scoring.rows.width", "Row \(row) is not a list of \(names.count) values.",
                    why: "There are \(names.count) columns.")
            }
            for (index, value) in values.enumerated() { columns[index].values.append(value) }
        }
        return .columns(columns)
    }

    /// A list without names for each name.
    ///
    /// - Throws: `Problem` `.invalid` when they differ in length.
    package static func named(_ members: [JSONNode.Member]) throws(Problem) -> ScoringRows {
        var columns: [Column] = []
        for member in members {
            guard case .array(let values) = member.node else {
                throw Problem(.invalid, "scoring.rows.shape", "Input '\(member.name.printable)' is not a list with a value for each row.")
            }
            guard values.count == columns.first?.values.count ?? values.count else {
                throw Problem(
                    .invalid, "scoring.rows.shape", "The inputs have different numbers of rows.",
                    why: "'\(columns[0].name.printable)' has \(columns[0].values.count), '\(member.name.printable)' has \(values.count).")
            }
            columns.append(Column(name: member.name, values: values))
        }
        return .columns(columns)
    }

    /// Rows that each bring new names would need memory by the square of the body.
    private static let maximumValues = 4_000_000

    private static var tooMany: Problem {
        Problem(
            .tooLarge, "scoring.rows.too-many", "The rows have more than \(maximumValues) values with those that are left out.",
            fix: "Send less at once, and the same names in each row.")
    }

    private static func mixed(row: Int) -> Problem {
        Problem(.invalid, "scoring.rows.shape", "Some rows are objects and some are not.", why: "Row \(row) is the first that differs.")
    }
}
