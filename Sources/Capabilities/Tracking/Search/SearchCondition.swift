// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// One comparison as SQL over a search space.
struct SearchCondition {
    private(set) var sql = ""
    private(set) var values: [DatabaseValue] = []
    private let comparison: Comparison
    private let engine: DatabaseEngine

    init(_ comparison: Comparison, in space: SearchSpace, on engine: DatabaseEngine) throws(Problem) {
        self.comparison = comparison
        self.engine = engine
        let subject = comparison.subject
        if subject.kind == .attribute {
            let column = try space.column(subject.key)
            sql = try compare(column.expression, as: column.type)
            return
        }
        guard let facet = space.facet(subject.kind) else {
            throw Problem(
                .invalid, "tracking.filter.key-unknown",
                "Invalid entity type '\(subject.kind.rawValue)': a \(space.noun) has none to search by.")
        }
        if subject.kind == .dataset {
            guard let column = ["name": "name", "digest": "digest", "context": "context"][subject.key.lowercased()] else {
                throw Problem(
                    .invalid, "tracking.filter.key-unknown", "Invalid attribute key '\(subject.key.printable)' of a dataset.",
                    fix: "Use name, digest or context.")
            }
            sql = "EXISTS (SELECT 1 FROM \(facet.table) WHERE \(facet.belongs) AND \(try compare("facet.\(column)", as: .text)))"
            return
        }
        values = [.text(subject.key)]
        let found = "SELECT 1 FROM \(facet.table) facet WHERE \(facet.belongs) AND facet.key = ?"
        switch comparison.operation {
        case .isNull: sql = "NOT EXISTS (\(found))"
        case .isNotNull: sql = "EXISTS (\(found))"
        default:
            if let number = facet.number, comparison.operand.isNumber {
                sql = "EXISTS (\(found) AND \(try compare("facet.\(number)", as: .real)))"
                return
            }
            let isNumber = facet.isNumeric ? "facet.is_nan = 0 AND " : ""
            sql = "EXISTS (\(found) AND \(isNumber)\(try compare("facet.value", as: facet.isNumeric ? .real : .text)))"
        }
    }

    private mutating func compare(_ expression: String, as type: SearchSpace.ValueType) throws(Problem) -> String {
        let operation = comparison.operation
        switch operation {
        case .isNull, .isNotNull:
            return "\(expression) \(operation.rawValue)"
        case .among, .notAmong:
            guard case .list(let operands) = comparison.operand, type != .real else { throw refusal(type) }
            var marks: [String] = []
            for operand in operands {
                values.append(try value(operand, as: type))
                marks.append("?")
            }
            return "\(expression) \(operation.rawValue) (\(marks.joined(separator: ", ")))"
        case .like, .caseInsensitiveLike:
            guard type == .text, case .text(let pattern) = comparison.operand else { throw refusal(type) }
            return match(expression, pattern)
        case .matches:
            guard type == .text, case .text(let pattern) = comparison.operand else { throw refusal(type) }
            values.append(.text(try TextPattern(pattern).source))
            return engine == .sqlite ? "matches_pattern(\(expression), ?) = 1" : "\(expression) ~ ?"
        default:
            guard type != .text || !operation.isOrdering else { throw refusal(type) }
            values.append(try value(comparison.operand, as: type))
            return "\(expression) \(operation.rawValue) ?"
        }
    }

    /// SQLite's LIKE ignores the case of ASCII letters, so the case-sensitive form is GLOB there.
    private mutating func match(_ expression: String, _ pattern: String) -> String {
        if comparison.operation == .caseInsensitiveLike {
            values.append(.text(pattern.lowercased()))
            return engine == .sqlite ? "LOWER(\(expression)) LIKE ?" : "LOWER(\(expression)) LIKE ? ESCAPE ''"
        }
        guard engine == .sqlite else {
            values.append(.text(pattern))
            return "\(expression) LIKE ? ESCAPE ''"
        }
        let glob = pattern.map { character -> String in
            switch character {
            case "%": "*"
            case "_": "?"
            case "*", "?", "[": "[\(character)]"
            default: String(character)
            }
        }
        values.append(.text(glob.joined()))
        return "\(expression) GLOB ?"
    }

    private func value(_ operand: Comparison.Operand, as type: SearchSpace.ValueType) throws(Problem) -> DatabaseValue {
        switch (operand, type) {
        case (.text(let text), .text): return .text(text)
        case (.integer(let number), .integer): return .integer(number)
        case (.number(let number), .integer): if let whole = Int64(exactly: number) { return .integer(whole) }
        case (.integer(let number), .real): return .real(Double(number))
        case (.number(let number), .real): return .real(number)
        default: break
        }
        throw refusal(type)
    }

    private func refusal(_ type: SearchSpace.ValueType) -> Problem {
        let (expected, operations) =
            switch type {
            case .text: ("a quoted string value", "=, !=, LIKE, ILIKE, RLIKE, IN, NOT IN")
            case .integer: ("a whole number", "=, !=, <, <=, >, >=")
            case .real: ("a numeric value", "=, !=, <, <=, >, >=")
            }
        return Problem(
            .invalid, "tracking.filter.type-mismatched",
            "Expected \(expected) for \(comparison.subject.kind.rawValue) '\(comparison.subject.key.printable)' with '\(comparison.operation.rawValue)'.",
            why: "It can be compared by \(operations).")
    }
}

extension SearchSpace {
    func column(_ name: String) throws(Problem) -> Column {
        guard let column = attributes[name.lowercased()] else {
            throw Problem(
                .invalid, "tracking.filter.key-unknown", "Invalid attribute key '\(name.printable)' specified.",
                fix: "A \(noun) can be searched by \(attributes.keys.sorted().joined(separator: ", ")).")
        }
        return column
    }

    func facet(_ kind: SearchSubject.Kind) -> Facet? {
        kind == .dataset ? datasets : facets[kind]
    }
}
