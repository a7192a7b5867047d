// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Expressions

/// A rule as questions to the engine.
struct CompiledRule {
    enum Count {
        /// A predicate on rows of `data` or `raw` that is true where the rule is broken, and one for the rows that are judged; counted with
        /// others in one pass.
        case rows(relation: String, failing: String, judged: String)
        /// A `SELECT` of one row with `failing` and, where it is known, `judged`.
        case query(String)
    }

    var rule: ContractFinding.Rule
    var subject: String
    var severity: RuleSeverity
    var tolerance: Double
    /// What is wrong with values that break it, as in "3 of 10 values are below 0".
    var fault: String
    /// What is counted: `values` or `rows`.
    var noun: String
    var count: Count
    /// Gives `value` or one column for each of `columns`, then `rows` and `row` where they are known; nil when there is nothing to show.
    var examples: String?
    /// The columns that examples show, in order; empty for the columns of the examples' own query.
    var columns: [String]
}

/// Turns a contract into questions about one table; what the table's schema alone decides is found at once.
struct RuleCompiler {
    private let columns: TypedColumns
    private let contract: ContractSpecification
    private(set) var settled: [ContractFinding] = []
    private(set) var rules: [CompiledRule] = []

    init(_ columns: TypedColumns) {
        self.columns = columns
        contract = columns.contract
    }

    mutating func compile() {
        for column in contract.columns { compile(column) }
        otherColumns()
        rowCount()
        for key in contract.keys { compile(key) }
        for rule in contract.rules { compile(rule) }
    }

    private mutating func compile(_ column: ContractColumn) {
        guard let found = columns.found(column.name) else {
            let outcome: ContractFinding.Outcome = column.isRequired ? .failed : .passed
            settled.append(
                ContractFinding(
                    .column, column.name, outcome, column.severity,
                    reason: column.isRequired ? "The column is not there." : "The column is not there, and need not be."))
            return
        }
        settled.append(ContractFinding(.column, column.name, .passed, column.severity, reason: "The column is there."))
        let name = SQLFragment.name(column.name)
        if let type = column.type {
            guard compile(type, of: column, found) else { return }
        }
        if column.nulls < 1 {
            rules.append(
                CompiledRule(
                    rule: .nulls, subject: column.name, severity: column.severity, tolerance: column.nulls, fault: "have no value",
                    noun: "rows", count: .rows(relation: "data", failing: "\(name) IS NULL", judged: "true"), examples: nil,
                    columns: []))
        }
        if let range = column.range {
            let (conditions, words) = bounds(range, of: name, column.type)
            add(.range, column, failing: "(\(name) IS NOT NULL AND (\(conditions.joined(separator: " OR "))))", fault: words)
        }
        if let values = column.oneOf {
            let list = values.map { literal($0, column.type) }.joined(separator: ", ")
            add(
                .oneOf, column, failing: "(\(text(name, column.type)) NOT IN (\(list)))", fault: "are not among the \(values.count) allowed"
            )
        }
        if let pattern = column.matches {
            add(
                .matches, column, failing: "(NOT regexp_full_match(CAST(\(name) AS VARCHAR), \(SQLFragment.literal(pattern))))",
                fault: "do not match the pattern")
        }
        if let length = column.length {
            let size = "length(CAST(\(name) AS VARCHAR))"
            let conditions = [length.from.map { "\(size) < \($0)" }, length.to.map { "\(size) > \($0)" }].compactMap(\.self)
            guard !conditions.isEmpty else { return }
            let words = [length.from.map { "shorter than \($0)" }, length.to.map { "longer than \($0)" }].compactMap(\.self)
            add(
                .length, column, failing: "(\(conditions.joined(separator: " OR ")))",
                fault: "are \(words.joined(separator: " or ")) characters")
        }
        if column.isUnique { unique([column.name], .unique, column.severity, column.tolerance) }
    }

    /// - Returns: Whether the column's values can be asked about.
    private mutating func compile(_ type: ContractColumn.DataType, of column: ContractColumn, _ found: AnalyticalTable.Column) -> Bool {
        if TypedColumns.fits(found.type, type) == true {
            settled.append(
                ContractFinding(.type, column.name, .passed, column.severity, reason: "The column is \(found.type)."))
            return true
        }
        guard found.type == "VARCHAR" else {
            settled.append(
                ContractFinding(
                    .type, column.name, .failed, column.severity, reason: "The column is \(found.type), not \(type.rawValue)."))
            return false
        }
        let name = SQLFragment.name(column.name)
        let failing = "(\(name) IS NOT NULL AND NOT \(TypedColumns.isRead(name, type)))"
        rules.append(
            CompiledRule(
                rule: .type, subject: column.name, severity: column.severity, tolerance: column.tolerance,
                fault: "are not written as \(article(type))", noun: "values",
                count: .rows(relation: "raw", failing: failing, judged: "\(name) IS NOT NULL"),
                examples: examples(of: column.name, where: failing, in: "raw"), columns: [column.name]))
        return true
    }

    private func article(_ type: ContractColumn.DataType) -> String {
        switch type {
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "true or false"
        case .text: "text"
        case .date: "a date (2024-01-31)"
        case .time: "a time (2024-01-31T10:00:00Z)"
        }
    }

    private mutating func add(_ rule: ContractFinding.Rule, _ column: ContractColumn, failing: String, fault: String) {
        let name = SQLFragment.name(column.name)
        rules.append(
            CompiledRule(
                rule: rule, subject: column.name, severity: column.severity, tolerance: column.tolerance, fault: fault, noun: "values",
                count: .rows(relation: "data", failing: failing, judged: "\(name) IS NOT NULL"),
                examples: examples(of: column.name, where: failing, in: "data"), columns: [column.name]))
    }

    /// The values that break a rule, most frequent first.
    private func examples(of column: String, where failing: String, in relation: String) -> String {
        let row = columns.hasRowNumbers ? ", min(\(TypedColumns.rowNumber)) AS row" : ""
        return """
            SELECT left(CAST(\(SQLFragment.name(column)) AS VARCHAR), \(ContractExample.maximumLength)) AS value, count(*) AS rows\(row) \
            FROM \(relation) WHERE \(failing) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT \(ContractExample.maximumCount)
            """
    }

    private func bounds(
        _ range: ValueRange, of name: String, _ type: ContractColumn.DataType?
    ) -> (conditions: [String], words: String) {
        let value = type == nil ? "TRY_CAST(CAST(\(name) AS VARCHAR) AS DOUBLE)" : name
        func bound(_ value: JSONValue) -> String {
            if let text = value.text { return "CAST(\(SQLFragment.literal(text)) AS \(type == .date ? "DATE" : "TIMESTAMPTZ"))" }
            if let integer = value.integer { return "\(integer)" }
            return "CAST('\(value.double ?? 0)' AS DOUBLE)"
        }
        func words(_ value: JSONValue) -> String { value.text ?? value.integer.map { "\($0)" } ?? "\(value.double ?? 0)" }
        // A column without a declared type may hold what is no number, and that lies in no range of numbers.
        var conditions = type == nil ? ["\(value) IS NULL"] : []
        var sides = type == nil ? ["no number"] : []
        if let from = range.from {
            conditions.append("\(value) < \(bound(from))")
            sides.append("below \(words(from))")
        }
        if let to = range.to {
            conditions.append("\(value) > \(bound(to))")
            sides.append("above \(words(to))")
        }
        return (conditions, "are \(sides.joined(separator: " or "))")
    }

    private func text(_ name: String, _ type: ContractColumn.DataType?) -> String {
        switch type {
        case .integer, .number: name
        default: "CAST(\(name) AS VARCHAR)"
        }
    }

    private func literal(_ value: JSONValue, _ type: ContractColumn.DataType?) -> String {
        let text: String
        switch value {
        case .string(let string): text = string
        case .bool(let bool): text = bool ? "true" : "false"
        case .integer(let integer): text = "\(integer)"
        default: text = value.double.map { "\($0)" } ?? ""
        }
        switch type {
        case .integer, .number: return "TRY_CAST(\(SQLFragment.literal(text)) AS DOUBLE)"
        default: return SQLFragment.literal(text)
        }
    }

    private mutating func otherColumns() {
        guard contract.otherColumns == .refused else { return }
        let others = columns.table.columns.map(\.name).filter { contract[$0] == nil }
        settled.append(
            ContractFinding(
                .otherColumns, "", others.isEmpty ? .passed : .failed,
                reason: others.isEmpty
                    ? "There are no other columns."
                    : "\(others.count) columns are not in the contract: \(others.prefix(10).map(\.printable).joined(separator: ", "))."))
    }

    private mutating func rowCount() {
        guard let wanted = contract.rows else { return }
        let count = columns.table.rowCount
        let isEnough = count >= wanted.atLeast ?? 0 && count <= wanted.atMost ?? .max
        let bounds = [wanted.atLeast.map { "at least \($0)" }, wanted.atMost.map { "at most \($0)" }].compactMap(\.self)
        settled.append(
            ContractFinding(
                .rows, "", isEnough ? .passed : .failed,
                reason: "There are \(count) rows; the contract wants \(bounds.joined(separator: " and ")).", judged: count))
    }

    private mutating func compile(_ key: ContractKey) {
        guard isThere(key.columns, .key, key.columns.joined(separator: ", ")) else { return }
        unique(key.columns, .key, .error, 0)
    }

    private mutating func unique(_ names: [String], _ rule: ContractFinding.Rule, _ severity: RuleSeverity, _ tolerance: Double) {
        let quoted = names.map { SQLFragment.name($0) }
        let list = quoted.joined(separator: ", ")
        // As in SQL, a key with a null in it is no repetition.
        let judged = quoted.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        let row = columns.hasRowNumbers ? ", min(\(TypedColumns.rowNumber)) AS row" : ""
        let cells = quoted.enumerated().map { "left(CAST(\($1) AS VARCHAR), \(ContractExample.maximumLength)) AS c\($0)" }
        rules.append(
            CompiledRule(
                rule: rule, subject: names.joined(separator: ", "), severity: severity, tolerance: tolerance,
                fault: "stand in more than one row", noun: "values",
                count: .query(
                    """
                    SELECT CAST(coalesce(sum(n) FILTER (WHERE n > 1), 0) AS BIGINT) AS failing, CAST(coalesce(sum(n), 0) AS BIGINT) AS judged \
                    FROM (SELECT count(*) AS n FROM data WHERE \(judged) GROUP BY \(list))
                    """),
                examples: """
                    SELECT \(cells.joined(separator: ", ")), count(*) AS rows\(row) FROM data WHERE \(judged) \
                    GROUP BY \(list) HAVING count(*) > 1 ORDER BY count(*) DESC, \(list) LIMIT \(ContractExample.maximumCount)
                    """, columns: names))
    }

    /// Whether the columns of a rule are there; the rule fails when they are not.
    private mutating func isThere(_ names: [String], _ rule: ContractFinding.Rule, _ subject: String) -> Bool {
        guard let missing = names.first(where: { columns.found($0) == nil }) else { return true }
        settled.append(
            ContractFinding(rule, subject, .failed, reason: "Column '\(missing.printable)' is not there."))
        return false
    }

    /// - Parameter table: The other dataset's, known to the engine as `relation`.
    mutating func compile(_ reference: ContractReference, relation: String, _ table: AnalyticalTable) {
        let subject = reference.columns.joined(separator: ", ")
        guard isThere(reference.columns, .reference, subject) else { return }
        if let missing = reference.key.first(where: { key in !table.columns.contains { $0.name == key } }) {
            settled.append(
                ContractFinding(
                    .reference, subject, .failed, reason: "Dataset '\(reference.dataset)' has no column '\(missing.printable)'."))
            return
        }
        let quoted = reference.columns.map { "d." + SQLFragment.name($0) }
        let judged = quoted.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        let same = zip(reference.columns, reference.key).map { column, key in
            "r.\(SQLFragment.name(key)) = d.\(SQLFragment.name(column))"
        }.joined(separator: " AND ")
        let missing = "\(judged) AND NOT EXISTS (SELECT 1 FROM \(relation) r WHERE \(same))"
        let row = columns.hasRowNumbers ? ", min(d.\(TypedColumns.rowNumber)) AS row" : ""
        let cells = quoted.enumerated().map { "left(CAST(\($1) AS VARCHAR), \(ContractExample.maximumLength)) AS c\($0)" }
        let list = quoted.joined(separator: ", ")
        rules.append(
            CompiledRule(
                rule: .reference, subject: subject, severity: .error, tolerance: 0,
                fault: "are not in '\(reference.dataset)' (\(reference.key.joined(separator: ", ")))", noun: "values",
                count: .query(
                    """
                    SELECT (SELECT count(*) FROM data d WHERE \(missing)) AS failing, (SELECT count(*) FROM data d WHERE \(judged)) AS judged
                    """),
                examples: """
                    SELECT \(cells.joined(separator: ", ")), count(*) AS rows\(row) FROM data d WHERE \(missing) GROUP BY \(list) \
                    ORDER BY count(*) DESC, \(list) LIMIT \(ContractExample.maximumCount)
                    """, columns: reference.columns))
    }

    private mutating func compile(_ rule: ContractRule) {
        if let query = rule.query {
            rules.append(
                CompiledRule(
                    rule: .custom, subject: rule.name, severity: rule.severity, tolerance: rule.tolerance, fault: "are given by the query",
                    noun: "rows",
                    count: .query(
                        "SELECT (SELECT count(*) FROM query(\(SQLFragment.literal(query)))) AS failing, "
                            + "(SELECT count(*) FROM data) AS judged"),
                    examples: query, columns: []))
            return
        }
        do throws(ExpressionError) {
            let (condition, mentioned) = try condition(of: rule)
            let shown = Array(mentioned.prefix(16))
            let row = columns.hasRowNumbers ? ", \(TypedColumns.rowNumber) AS row" : ""
            let cells = shown.enumerated().map {
                "left(CAST(\(SQLFragment.name($1)) AS VARCHAR), \(ContractExample.maximumLength)) AS c\($0)"
            }
            let selected =
                cells.isEmpty && row.isEmpty ? "1 AS one" : cells.joined(separator: ", ") + (cells.isEmpty ? String(row.dropFirst(2)) : row)
            rules.append(
                CompiledRule(
                    rule: .custom, subject: rule.name, severity: rule.severity, tolerance: rule.tolerance, fault: "break the rule",
                    noun: "rows",
                    count: .query("SELECT count(*) FILTER (WHERE NOT (\(condition))) AS failing, count(*) AS judged FROM data"),
                    examples: "SELECT \(selected) FROM data WHERE NOT (\(condition)) LIMIT \(ContractExample.maximumCount)",
                    columns: shown))
        } catch {
            let place = error.position.map { "Line \($0.line), column \($0.column): " } ?? ""
            settled.append(
                ContractFinding(.custom, rule.name, .inconclusive, rule.severity, reason: "The rule cannot be read. \(place)\(error.what)"))
        }
    }

    /// A condition in SQL, and the columns that it reads.
    private func condition(of rule: ContractRule) throws(ExpressionError) -> (sql: String, columns: [String]) {
        guard let cel = rule.cel else {
            let sql = rule.sql ?? "true"
            return (sql, columns.table.columns.map(\.name).filter { SQLFragment.mentions($0, in: sql) })
        }
        let kinds = columns.table.columns.map { column -> (String, SQLCondition.Kind) in
            switch columns.kind(of: column) {
            case .integer: (column.name, .int)
            case .number: (column.name, .double)
            case .text: (column.name, .text)
            case .boolean: (column.name, .bool)
            case .date, .time: (column.name, .time)
            case nil: (column.name, .any)
            }
        }
        let condition = try SQLCondition(cel, columns: Dictionary(kinds, uniquingKeysWith: { first, _ in first }))
        return (condition.sql, condition.columns)
    }
}
