// SPDX-License-Identifier: Apache-2.0

/// One clause of a search filter: `metrics.auc >= 0.8`.
package struct Comparison: Equatable, Sendable {
    package enum Operation: String, CaseIterable, Sendable {
        case equal = "=", unequal = "!=", less = "<", atMost = "<=", greater = ">", atLeast = ">="
        case like = "LIKE", caseInsensitiveLike = "ILIKE", matches = "RLIKE"
        case among = "IN", notAmong = "NOT IN"
        case isNull = "IS NULL", isNotNull = "IS NOT NULL"

        var isOrdering: Bool { [.less, .atMost, .greater, .atLeast].contains(self) }
        var takesNoOperand: Bool { self == .isNull || self == .isNotNull }
    }

    package enum Operand: Equatable, Sendable {
        case none
        case number(Double)
        case integer(Int64)
        case text(String)
        case list([Operand])

        var isNumber: Bool {
            switch self {
            case .number, .integer: true
            case .none, .text, .list: false
            }
        }
    }

    package var subject: SearchSubject
    package var operation: Operation
    package var operand: Operand

    package init(_ subject: SearchSubject, _ operation: Operation, _ operand: Operand) {
        self.subject = subject
        self.operation = operation
        self.operand = operand
    }
}

/// What a clause or a sort order speaks of: a property of the thing itself, or by key a metric, param, tag or dataset of it, and of a
/// trace its metadata, a property of one of its spans, or what was said of it.
package struct SearchSubject: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case attribute, metric, param, tag, dataset, metadata, span, assessment, feedback, expectation
    }

    package var kind: Kind
    package var key: String

    package init(_ kind: Kind, _ key: String) {
        self.kind = kind
        self.key = key
    }

    /// The kind before the first dot, in any of its spellings; a bare name is an attribute.
    static func kind(named word: some StringProtocol) -> Kind? {
        switch word.lowercased() {
        case "attribute", "attributes", "attr", "run", "trace": .attribute
        case "metric", "metrics": .metric
        case "param", "params", "parameter", "parameters": .param
        case "tag", "tags": .tag
        case "dataset", "datasets": .dataset
        case "metadata", "request_metadata": .metadata
        case "span": .span
        case "assessment": .assessment
        case "feedback": .feedback
        case "expectation": .expectation
        default: nil
        }
    }
}
