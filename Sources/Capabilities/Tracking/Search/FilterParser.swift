// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Reads `AND`-joined comparisons, MLflow's filter language: `metrics.auc > 0.8 and params."max depth" = '3'`.
package struct FilterParser {
    package static let maximumComparisons = 100

    private var tokens: [FilterScanner.Token] = []
    private var position = 0

    package static func comparisons(in text: String) throws(Problem) -> [Comparison] {
        var parser = try FilterParser(text)
        return try parser.comparisons()
    }

    /// One `key [ASC|DESC]` of an order.
    package static func sortTerm(in text: String) throws(Problem) -> SortTerm {
        var parser = try FilterParser(text)
        let subject = try parser.subject()
        var isDescending = false
        if let word = parser.keyword() {
            guard word == "ASC" || word == "DESC" else {
                throw parser.refusal(of: text, "ASC or DESC may follow the key, not '\(word.printable)'.")
            }
            isDescending = word == "DESC"
            parser.position += 1
        }
        guard parser.position == parser.tokens.count else { throw parser.refusal(of: text, "More follows than a key and a direction.") }
        return SortTerm(subject, isDescending: isDescending)
    }

    private init(_ text: String) throws(Problem) {
        var scanner = try FilterScanner(text)
        while let token = try scanner.next() { tokens.append(token) }
    }

    private mutating func comparisons() throws(Problem) -> [Comparison] {
        guard !tokens.isEmpty else { return [] }
        var comparisons = [try comparison()]
        while position < tokens.count {
            guard keyword() == "AND" else { throw refusal(of: rest(), "Comparisons are joined by AND.") }
            position += 1
            comparisons.append(try comparison())
            guard comparisons.count <= Self.maximumComparisons else {
                throw Problem(.invalid, "tracking.filter.too-long", "The filter has more than \(Self.maximumComparisons) comparisons.")
            }
        }
        return comparisons
    }

    private mutating func comparison() throws(Problem) -> Comparison {
        let subject = try subject()
        let operation = try operation()
        return Comparison(subject, operation, try operand(of: operation))
    }

    private mutating func subject() throws(Problem) -> SearchSubject {
        guard position < tokens.count else { throw refusal(of: "", "A key such as metrics.auc is expected.") }
        let word: String
        switch tokens[position] {
        case .word(let text, _): word = text
        case .text(let text): word = text
        default: throw refusal(of: rest(), "A key such as metrics.auc is expected.")
        }
        position += 1
        guard let dot = word.firstIndex(of: ".") else { return SearchSubject(.attribute, word) }
        let key = String(word[word.index(after: dot)...])
        guard let kind = SearchSubject.kind(named: word[..<dot]), !key.isEmpty else {
            throw Problem(
                .invalid, "tracking.filter.key-unknown", "Invalid entity type '\(String(word[..<dot]).printable)' in '\(word.printable)'.",
                fix:
                    "Use metrics., params., tags., datasets. or attributes. before the key; for traces also metadata., span., feedback. or expectation."
            )
        }
        return SearchSubject(kind, key)
    }

    private mutating func operation() throws(Problem) -> Comparison.Operation {
        guard position < tokens.count else { throw refusal(of: rest(), "A comparison is expected after the key.") }
        if case .sign(let sign) = tokens[position] {
            guard let operation = Comparison.Operation(rawValue: sign == "<>" ? "!=" : sign == "==" ? "=" : sign) else {
                throw refusal(of: rest(), "'\(sign)' is not a comparison.")
            }
            position += 1
            return operation
        }
        var words: [String] = []
        while let word = keyword(), words.count < 3 {
            words.append(word)
            position += 1
            if let operation = Comparison.Operation(rawValue: words.joined(separator: " ")), operation != .isNull || keyword() != "NOT" {
                return operation
            }
        }
        position -= words.count
        throw refusal(of: rest(), "A comparison is one of \(Comparison.Operation.allCases.map(\.rawValue).joined(separator: ", ")).")
    }

    private mutating func operand(of operation: Comparison.Operation) throws(Problem) -> Comparison.Operand {
        if operation.takesNoOperand { return .none }
        guard operation == .among || operation == .notAmong else { return try value() }
        guard take(.sign("(")) else { throw refusal(of: rest(), "A list in brackets is expected after IN.") }
        var values: [Comparison.Operand] = []
        repeat { values.append(try value()) } while take(.sign(","))
        guard take(.sign(")")) else { throw refusal(of: rest(), "The list is not closed.") }
        return .list(values)
    }

    private mutating func value() throws(Problem) -> Comparison.Operand {
        guard position < tokens.count else { throw refusal(of: rest(), "A value is expected after the comparison.") }
        let token = tokens[position]
        position += 1
        switch token {
        case .text(let text): return .text(text)
        case .number(let digits):
            if let integer = Int64(digits) { return .integer(integer) }
            if let number = Double(digits), number.isFinite { return .number(number) }
        default: break
        }
        position -= 1
        throw refusal(of: rest(), "A value is a number, or a text in quotes.")
    }

    private mutating func take(_ token: FilterScanner.Token) -> Bool {
        guard position < tokens.count, tokens[position] == token else { return false }
        position += 1
        return true
    }

    /// The word here in capitals, unless it is quoted.
    private func keyword() -> String? {
        guard position < tokens.count, case .word(let word, quoted: false) = tokens[position] else { return nil }
        return word.uppercased()
    }

    private func rest() -> String {
        tokens[min(position, tokens.count)...].prefix(8).map { token in
            switch token {
            case .word(let text, _), .number(let text), .sign(let text): text
            case .text(let text): "'\(text)'"
            }
        }.joined(separator: " ")
    }

    private func refusal(of text: String, _ why: String) -> Problem {
        Problem(
            .invalid, "tracking.filter.malformed", "Invalid clause(s) in filter string: '\(text.printable)'.", why: why,
            fix: "Write comparisons such as metrics.auc > 0.8 AND params.model = 'tree'.")
    }
}
