// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What one column is held to. Rules of values leave nulls out; `nulls` is the rule for those.
package struct ContractColumn: Codable, Equatable, Sendable {
    package static let maximumValues = 1_000
    package static let maximumPattern = 1_000
    package static let maximumLabels = 16
    /// Columns with one of these labels never have values shown.
    package static let hiddenLabels: Set<String> = ["personal", "sensitive", "confidential", "secret"]

    package enum DataType: String, Codable, CaseIterable, Sendable { case integer, number, boolean, text, date, time }

    package var name: String
    /// Nil when it is not looked at; the values of a CSV file are text then.
    package var type: DataType?
    package var description: String?
    /// Whether a table without the column fails.
    package var isRequired: Bool
    /// Largest share of rows without a value, 0 to 1.
    package var nulls: Double
    package var range: ValueRange?
    package var oneOf: [JSONValue]?
    /// All of the value matches this regular expression, in RE2's syntax.
    package var matches: String?
    package var length: ValueLength?
    /// Whether no value stands in two rows.
    package var isUnique: Bool
    package var labels: [String]
    /// Share of the values that may break a rule of values.
    package var tolerance: Double
    package var severity: RuleSeverity

    package init(
        _ name: String, _ type: DataType? = nil, description: String? = nil, isRequired: Bool = true, nulls: Double = 1,
        range: ValueRange? = nil, oneOf: [JSONValue]? = nil, matches: String? = nil, length: ValueLength? = nil, isUnique: Bool = false,
        labels: [String] = [], tolerance: Double = 0, severity: RuleSeverity = .error
    ) {
        self.name = name
        self.type = type
        self.description = description
        self.isRequired = isRequired
        self.nulls = nulls
        self.range = range
        self.oneOf = oneOf
        self.matches = matches
        self.length = length
        self.isUnique = isUnique
        self.labels = labels
        self.tolerance = tolerance
        self.severity = severity
    }

    private enum CodingKeys: String, CodingKey {
        case name, type, description, isRequired = "required", nulls, range, oneOf, matches, length, isUnique = "unique", labels, tolerance,
            severity
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        type = try container.decodeIfPresent(DataType.self, forKey: .type)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        isRequired = try container.decodeIfPresent(Bool.self, forKey: .isRequired) ?? true
        nulls = try container.decodeIfPresent(Double.self, forKey: .nulls) ?? 1
        range = try container.decodeIfPresent(ValueRange.self, forKey: .range)
        oneOf = try container.decodeIfPresent([JSONValue].self, forKey: .oneOf)
        matches = try container.decodeIfPresent(String.self, forKey: .matches)
        length = try container.decodeIfPresent(ValueLength.self, forKey: .length)
        isUnique = try container.decodeIfPresent(Bool.self, forKey: .isUnique) ?? false
        labels = try container.decodeIfPresent([String].self, forKey: .labels) ?? []
        tolerance = try container.decodeIfPresent(Double.self, forKey: .tolerance) ?? 0
        severity = try container.decodeIfPresent(RuleSeverity.self, forKey: .severity) ?? .error
    }

    package var isHidden: Bool { labels.contains { Self.hiddenLabels.contains($0) } }
}

/// Between two numbers, dates or times, each of them allowed.
package struct ValueRange: Codable, Equatable, Sendable {
    package var from: JSONValue?
    package var to: JSONValue?

    package init(from: JSONValue? = nil, to: JSONValue? = nil) {
        self.from = from
        self.to = to
    }
}

/// In characters, inclusive.
package struct ValueLength: Codable, Equatable, Sendable {
    package var from: Int?
    package var to: Int?

    package init(from: Int? = nil, to: Int? = nil) {
        self.from = from
        self.to = to
    }
}
