// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What the change from one table's columns to another's means to who reads them by name.
package struct SchemaEvolution: Codable, Equatable, Sendable {
    package enum Classification: String, Codable, CaseIterable, Sendable, Comparable {
        case compatible
        case needsALook = "needs-a-look"
        case breaking

        package static func < (left: Self, right: Self) -> Bool {
            let order = Self.allCases
            return order.firstIndex(of: left) ?? 0 < order.firstIndex(of: right) ?? 0
        }
    }

    package enum Change: String, Codable, CaseIterable, Sendable { case kept, added, removed, changed }

    package struct Column: Codable, Equatable, Sendable {
        package var name: String
        package var change: Change
        package var classification: Classification
        package var before: String?
        package var after: String?
        /// Why; empty for a column that is as it was.
        package var reasons: [String]
    }

    /// The gravest of all columns.
    package var classification: Classification
    /// In the later table's order, removed ones last.
    package var columns: [Column]

    /// A pure function of the two sides.
    package init(from before: [ColumnFacts], to after: [ColumnFacts]) {
        let old = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(after.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let removed = before.filter { new[$0.name] == nil }
        let added = after.filter { old[$0.name] == nil }
        let keptBefore = before.map(\.name).filter { new[$0] != nil }
        let keptAfter = after.map(\.name).filter { old[$0] != nil }
        let isReordered = keptBefore != keptAfter
        columns = after.map { column in
            guard let earlier = old[column.name] else { return Self.added(column, replacing: removed) }
            var found = Self.compare(earlier, column)
            if isReordered, keptBefore.firstIndex(of: column.name) != keptAfter.firstIndex(of: column.name) {
                found.reasons.append("It stands at another place among the columns that stayed.")
                found.classification = max(found.classification, .needsALook)
                if found.change == .kept { found.change = .changed }
            }
            return found
        }
        columns += removed.map { Self.removed($0, replacedBy: added) }
        classification = columns.map(\.classification).max() ?? .compatible
    }

    private static func added(_ column: ColumnFacts, replacing removed: [ColumnFacts]) -> Column {
        var reasons = ["The column is new; who reads the others is not concerned."]
        if removed.contains(where: { $0.name.lowercased() == column.name.lowercased() }) {
            reasons.append("A column whose name differs in case only is gone.")
        }
        return Column(name: column.name, change: .added, classification: .compatible, after: column.type.rawValue, reasons: reasons)
    }

    private static func removed(_ column: ColumnFacts, replacedBy added: [ColumnFacts]) -> Column {
        var reasons = ["The column is gone."]
        if let other = added.first(where: { $0.name.lowercased() == column.name.lowercased() }) {
            reasons.append("'\(other.name.printable)' differs in case only.")
        } else {
            let alike = added.filter { $0.type == column.type }
            if alike.count == 1 { reasons.append("It may be called '\(alike[0].name.printable)' now, which is new and of its type.") }
        }
        return Column(name: column.name, change: .removed, classification: .breaking, before: column.type.rawValue, reasons: reasons)
    }

    private static func compare(_ before: ColumnFacts, _ after: ColumnFacts) -> Column {
        var found = Column(
            name: after.name, change: .kept, classification: .compatible, before: before.type.rawValue, after: after.type.rawValue,
            reasons: [])
        func add(_ classification: Classification, _ reason: String) {
            found.change = .changed
            found.classification = max(found.classification, classification)
            found.reasons.append(reason)
        }
        // A column without any value has no type that could have changed.
        if after.isEmpty {
            if !before.isEmpty { add(.breaking, "It has no value any more.") }
            return found
        }
        if before.isEmpty {
            add(.needsALook, "It had no value before.")
            return found
        }
        if before.type != after.type {
            let (classification, reason) = typeChange(before.type, after.type)
            add(classification, reason)
        }
        if before.nulls == 0, let nulls = after.nulls, nulls > 0 { add(.needsALook, "It has rows without a value, which it had not.") }
        if before.type == after.type, let old = before.categories, let new = after.categories {
            let unseen = new.subtracting(old)
            if !unseen.isEmpty { add(.needsALook, "\(unseen.count) of its \(new.count) values were not there before.") }
        }
        return found
    }

    private static func typeChange(
        _ before: ContractColumn.DataType, _ after: ContractColumn.DataType
    ) -> (classification: Classification, reason: String) {
        let words = "It was \(before.rawValue) and is \(after.rawValue)"
        switch (before, after) {
        case (.number, .integer): return (.compatible, "\(words): every whole number is a number.")
        case (.integer, .number): return (.needsALook, "\(words): who reads whole numbers loses what is behind the point.")
        case (.date, .time): return (.needsALook, "\(words): who reads dates loses the time of day.")
        case (.time, .date): return (.needsALook, "\(words): the time of day is gone.")
        case (_, .text): return (.breaking, "\(words): not all values can be read as before.")
        default: return (.breaking, "\(words).")
        }
    }
}

/// What is known of one column of a table, from a profile or by asking the data.
package struct ColumnFacts: Equatable, Sendable {
    package var name: String
    package var type: ContractColumn.DataType
    /// Rows without a value; nil when they were not counted.
    package var nulls: Int64?
    package var isEmpty: Bool
    package var distinct: Int64?
    /// Whether `distinct` is an estimate.
    package var isDistinctEstimated: Bool
    package var minimum: JSONValue?
    package var maximum: JSONValue?
    /// All values of a text column with few.
    package var categories: Set<String>?

    package init(
        name: String, type: ContractColumn.DataType, nulls: Int64? = nil, isEmpty: Bool = false, distinct: Int64? = nil,
        isDistinctEstimated: Bool = true, minimum: JSONValue? = nil, maximum: JSONValue? = nil, categories: Set<String>? = nil
    ) {
        self.name = name
        self.type = type
        self.nulls = nulls
        self.isEmpty = isEmpty
        self.distinct = distinct
        self.isDistinctEstimated = isDistinctEstimated
        self.minimum = minimum
        self.maximum = maximum
        self.categories = categories
    }
}
