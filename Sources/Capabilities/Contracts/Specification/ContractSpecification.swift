// SPDX-License-Identifier: Apache-2.0

/// What a dataset's snapshots are held to.
package struct ContractSpecification: Codable, Equatable, Sendable {
    package static let maximumColumns = 1_000
    /// Rules that are written out beyond those of the columns.
    package static let maximumRules = 100
    package static let maximumReferences = 20
    package static let maximumKeys = 20

    package enum OtherColumns: String, Codable, CaseIterable, Sendable { case allowed, refused }

    package var name: String
    package var description: String?
    /// The dataset that it is about; nil for any.
    package var dataset: String?
    package var columns: [ContractColumn]
    /// Columns that are not named here.
    package var otherColumns: OtherColumns
    package var rows: RowCount?
    /// Columns whose values together stand in one row only.
    package var keys: [ContractKey]
    package var references: [ContractReference]
    package var freshness: Freshness?
    package var rules: [ContractRule]

    package init(
        name: String, description: String? = nil, dataset: String? = nil, columns: [ContractColumn] = [],
        otherColumns: OtherColumns = .allowed, rows: RowCount? = nil, keys: [ContractKey] = [], references: [ContractReference] = [],
        freshness: Freshness? = nil, rules: [ContractRule] = []
    ) {
        self.name = name
        self.description = description
        self.dataset = dataset
        self.columns = columns
        self.otherColumns = otherColumns
        self.rows = rows
        self.keys = keys
        self.references = references
        self.freshness = freshness
        self.rules = rules
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        dataset = try container.decodeIfPresent(String.self, forKey: .dataset)
        columns = try container.decodeIfPresent([ContractColumn].self, forKey: .columns) ?? []
        otherColumns = try container.decodeIfPresent(OtherColumns.self, forKey: .otherColumns) ?? .allowed
        rows = try container.decodeIfPresent(RowCount.self, forKey: .rows)
        keys = try container.decodeIfPresent([ContractKey].self, forKey: .keys) ?? []
        references = try container.decodeIfPresent([ContractReference].self, forKey: .references) ?? []
        freshness = try container.decodeIfPresent(Freshness.self, forKey: .freshness)
        rules = try container.decodeIfPresent([ContractRule].self, forKey: .rules) ?? []
    }

    package subscript(column: String) -> ContractColumn? { columns.first { $0.name == column } }
}

/// Whether a rule that does not hold makes the contract fail.
package enum RuleSeverity: String, Codable, CaseIterable, Sendable { case error, warning }

/// Most and fewest rows, both inclusive.
package struct RowCount: Codable, Equatable, Sendable {
    package var atLeast: Int64?
    package var atMost: Int64?

    package init(atLeast: Int64? = nil, atMost: Int64? = nil) {
        self.atLeast = atLeast
        self.atMost = atMost
    }
}

package struct ContractKey: Codable, Equatable, Sendable {
    package var columns: [String]

    package init(_ columns: [String]) {
        self.columns = columns
    }
}

/// Values of columns that another dataset's newest snapshot must have.
package struct ContractReference: Codable, Equatable, Sendable {
    package var columns: [String]
    package var dataset: String
    /// The other dataset's columns, in the same order.
    package var key: [String]

    package init(columns: [String], dataset: String, key: [String]) {
        self.columns = columns
        self.dataset = dataset
        self.key = key
    }
}

/// How old the newest time of a column may be when the contract is checked.
package struct Freshness: Codable, Equatable, Sendable {
    package var column: String
    /// Such as `36h`: a number of `m`, `h` or `d`.
    package var within: String
    package var severity: RuleSeverity?

    package init(column: String, within: String, severity: RuleSeverity? = nil) {
        self.column = column
        self.within = within
        self.severity = severity
    }

    /// Nil when `within` is no time.
    package var duration: Duration? {
        guard let match = within.wholeMatch(of: /([0-9]{1,6})(m|h|d)/), let count = Int(match.1), count > 0 else { return nil }
        return .seconds(count * (match.2 == "m" ? 60 : match.2 == "h" ? 3600 : 86_400))
    }
}

/// A rule of the author's own; exactly one of `cel`, `sql` and `query`.
package struct ContractRule: Codable, Equatable, Sendable {
    package static let maximumLength = 10_000

    package var name: String
    package var description: String?
    /// A condition on one row, in CEL: rows for which it is false fail.
    package var cel: String?
    /// A condition on one row, in SQL: rows for which it is false fail; unknown does not, as for a `CHECK` constraint.
    package var sql: String?
    /// A `SELECT` from the table `data`: every row that it gives fails.
    package var query: String?
    /// Share of the rows that may fail.
    package var tolerance: Double
    package var severity: RuleSeverity

    package init(
        name: String, description: String? = nil, cel: String? = nil, sql: String? = nil, query: String? = nil, tolerance: Double = 0,
        severity: RuleSeverity = .error
    ) {
        self.name = name
        self.description = description
        self.cel = cel
        self.sql = sql
        self.query = query
        self.tolerance = tolerance
        self.severity = severity
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        cel = try container.decodeIfPresent(String.self, forKey: .cel)
        sql = try container.decodeIfPresent(String.self, forKey: .sql)
        query = try container.decodeIfPresent(String.self, forKey: .query)
        tolerance = try container.decodeIfPresent(Double.self, forKey: .tolerance) ?? 0
        severity = try container.decodeIfPresent(RuleSeverity.self, forKey: .severity) ?? .error
    }
}
