// SPDX-License-Identifier: Apache-2.0

/// What can be searched about one kind of thing, and where the tables have it.
package struct SearchSpace: Sendable {
    package enum ValueType: Sendable { case text, integer, real }

    package struct Column: Sendable {
        package var expression: String
        package var type: ValueType
        package var isNullable: Bool
        /// Whether few rows share a value and an index finds them, so that they are sorted after rather than walked in order.
        package var isSelective: Bool

        package init(_ expression: String, _ type: ValueType, isNullable: Bool = false, isSelective: Bool = false) {
            self.expression = expression
            self.type = type
            self.isNullable = isNullable
            self.isSelective = isSelective
        }
    }

    /// A table of key-value rows of the thing; its alias in statements is `facet`.
    package struct Facet: Sendable {
        package var table: String
        /// Ties a facet row to its owner: `facet.run = run.id`.
        package var belongs: String
        package var isNumeric: Bool
        /// Instead of `table` when sorting by it: one row at most for an owner and key.
        package var sortingTable: String
        /// A column besides `value` that comparisons with numbers use.
        package var number: String?

        package init(_ table: String, where belongs: String, isNumeric: Bool = false, sortingTable: String? = nil, number: String? = nil) {
            self.table = table
            self.belongs = belongs
            self.isNumeric = isNumeric
            self.sortingTable = sortingTable ?? table
            self.number = number
        }

        func tied(_ belongs: String) -> Facet {
            var facet = self
            facet.belongs = belongs
            return facet
        }
    }

    package var noun: String
    package var table: String
    /// By name in lower case.
    package var attributes: [String: Column]
    package var facets: [SearchSubject.Kind: Facet]
    /// Attributes of the datasets a thing used, when it can use any: an expression over `used`, joined by `datasets`.
    package var datasets: Facet?
    package var defaultOrder: [SortTerm]
    /// Attributes that together identify one thing; they end every order, ascending.
    package var identity: [String]

    package init(
        noun: String, table: String, attributes: [String: Column], facets: [SearchSubject.Kind: Facet], datasets: Facet? = nil,
        defaultOrder: [SortTerm], identity: [String]
    ) {
        self.noun = noun
        self.table = table
        self.attributes = attributes
        self.facets = facets
        self.datasets = datasets
        self.defaultOrder = defaultOrder
        self.identity = identity
    }
}

/// One key of an order.
package struct SortTerm: Hashable, Sendable {
    package var subject: SearchSubject
    package var isDescending: Bool

    package init(_ subject: SearchSubject, isDescending: Bool = false) {
        self.subject = subject
        self.isDescending = isDescending
    }
}
