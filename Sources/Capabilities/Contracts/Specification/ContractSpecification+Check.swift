// SPDX-License-Identifier: Apache-2.0

package import Domain
import Expressions

extension ContractSpecification {
    /// Refuses what no data can be held to: unknown names, ranges of texts, expressions that cannot be read.
    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "data contract")
        if let dataset { try ResourceName.check(dataset, of: "dataset") }
        guard columns.count <= Self.maximumColumns, rules.count <= Self.maximumRules, references.count <= Self.maximumReferences,
            keys.count <= Self.maximumKeys
        else {
            throw invalid(
                "It has at most \(Self.maximumColumns) columns, \(Self.maximumRules) rules, \(Self.maximumReferences) references and "
                    + "\(Self.maximumKeys) keys.")
        }
        var names: Set<String> = []
        for column in columns {
            try check(column)
            guard names.insert(column.name.lowercased()).inserted else {
                throw invalid("It names column '\(column.name.printable)' twice.")
            }
        }
        if let rows, let low = rows.atLeast, let high = rows.atMost, low > high { throw invalid("'rows.atLeast' is above 'rows.atMost'.") }
        for key in keys { try check(columns: key.columns, of: "A key") }
        for reference in references {
            try check(columns: reference.columns, of: "A reference")
            try ResourceName.check(reference.dataset, of: "dataset")
            guard reference.key.count == reference.columns.count else {
                throw invalid(
                    "The reference to '\(reference.dataset)' has \(reference.columns.count) columns and \(reference.key.count) of its key.")
            }
        }
        if let freshness {
            guard freshness.duration != nil else {
                throw invalid("'freshness.within' is '\(freshness.within.printable)', not a time such as 36h or 7d.")
            }
            guard self[freshness.column]?.type.map({ $0 == .time || $0 == .date }) ?? true else {
                throw invalid("'freshness.column' is not a column of dates or times.")
            }
        }
        try checkRules()
    }

    private func check(_ column: ContractColumn) throws(Problem) {
        let place = "Column '\(column.name.printable)'"
        guard !column.name.isEmpty, column.name.utf8.count <= 250, !column.name.utf8.contains(0) else {
            throw invalid("The name of a column has 1 to 250 bytes.")
        }
        guard (0...1).contains(column.nulls), (0...1).contains(column.tolerance) else {
            throw invalid("\(place): 'nulls' and 'tolerance' are shares from 0 to 1.")
        }
        guard column.labels.count <= ContractColumn.maximumLabels else { throw invalid("\(place) has too many labels.") }
        for label in column.labels { try ResourceName.check(label, of: "label") }
        if let range = column.range {
            guard range.from != nil || range.to != nil else { throw invalid("\(place): 'range' has neither 'from' nor 'to'.") }
            for bound in [range.from, range.to].compactMap(\.self) { try check(bound, of: column) }
        }
        if let values = column.oneOf {
            guard (1...ContractColumn.maximumValues).contains(values.count) else {
                throw invalid("\(place): 'oneOf' has 1 to \(ContractColumn.maximumValues) values.")
            }
            for value in values {
                guard value.text?.utf8.contains(0) != true else { throw invalid("\(place): a value of 'oneOf' has a NUL character.") }
                switch value {
                case .null, .array, .object: throw invalid("\(place): 'oneOf' has texts, numbers or truth values.")
                default: break
                }
            }
        }
        if let pattern = column.matches {
            guard pattern.utf8.count <= ContractColumn.maximumPattern else { throw invalid("\(place): the pattern is too long.") }
            do {
                _ = try RegularExpression(pattern)
            } catch {
                throw invalid("\(place): the regular expression \(error.reason), at character \(error.offset + 1).")
            }
            guard !pattern.utf8.contains(0) else { throw invalid("\(place): the pattern has a NUL character.") }
        }
        if let length = column.length, (length.from ?? 0) > (length.to ?? .max) {
            throw invalid("\(place): 'length.from' is above 'length.to'.")
        }
    }

    /// A bound is a number for numbers and an RFC 3339 date or time for those.
    private func check(_ bound: JSONValue, of column: ContractColumn) throws(Problem) {
        let place = "Column '\(column.name.printable)'"
        switch column.type {
        case .integer, .number, nil:
            guard let number = bound.double, number.isFinite else { throw invalid("\(place): a bound of its range is no number.") }
        case .date, .time:
            guard let text = bound.text, text.wholeMatch(of: ContractSpecification.timePattern) != nil else {
                throw invalid("\(place): a bound of its range is no date or time such as 2024-01-31 or 2024-01-31T10:00:00Z.")
            }
        case .text, .boolean:
            throw invalid("\(place): a column of \(column.type?.rawValue ?? "") has no range.", fix: "Use 'oneOf' or 'length'.")
        }
    }

    static var timePattern: Regex<(Substring, Substring?, Substring?, Substring?)> {
        /[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(?:\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?/
    }

    private func check(columns: [String], of what: String) throws(Problem) {
        guard (1...16).contains(columns.count), Set(columns).count == columns.count,
            columns.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) })
        else { throw invalid("\(what) has 1 to 16 different columns.") }
    }

    private func checkRules() throws(Problem) {
        var names: Set<String> = []
        for rule in rules {
            try ResourceName.check(rule.name, of: "rule")
            let place = "Rule '\(rule.name.printable)'"
            guard names.insert(rule.name).inserted else { throw invalid("It names rule '\(rule.name)' twice.") }
            guard (0...1).contains(rule.tolerance) else { throw invalid("\(place): 'tolerance' is a share from 0 to 1.") }
            let texts = [rule.cel, rule.sql, rule.query].compactMap(\.self)
            guard texts.count == 1, let text = texts.first, !text.isEmpty, text.utf8.count <= ContractRule.maximumLength,
                !text.utf8.contains(0)
            else {
                throw invalid("\(place) has exactly one of 'cel', 'sql' and 'query', of at most \(ContractRule.maximumLength) bytes.")
            }
            if let sql = rule.sql { try SQLFragment.check(sql, of: place) }
            if let cel = rule.cel {
                // Which columns there are shows when data is there; what can be read is settled now.
                do {
                    _ = try VariableUse.all(in: cel)
                } catch {
                    throw invalid("\(place): \(error.what)", fix: error.fix)
                }
            }
        }
    }

    private func invalid(_ why: String, fix: String? = nil) -> Problem {
        Problem(.invalid, "contracts.contract.malformed", "The data contract cannot be used.", why: why, fix: fix)
    }
}
