// SPDX-License-Identifier: Apache-2.0

/// A condition about the columns of a table, as SQL: `row.delay > 0 && row.carrier in ["AA", "UA"]`.
///
/// Columns are `row.NAME` or `row["NAME"]`, or `NAME` alone where that can be an identifier. The dialect is DuckDB's. Where CEL has an
/// error (a null compared, a division by zero), SQL has null: the condition is then neither true nor false.
package struct SQLCondition: Sendable, Equatable {
    /// What is known of a column's or part's type.
    package enum Kind: Sendable { case int, double, text, bool, time, any }

    package var sql: String
    /// The columns that it reads, by name, sorted.
    package var columns: [String]

    /// - Parameter columns: Names of all columns, with what is known of them.
    /// - Throws: What cannot be read, does not fit, or has no counterpart in SQL, with its place.
    package init(_ source: String, columns: [String: Kind], limits: SyntaxLimits = .standard) throws(ExpressionError) {
        var variables = Dictionary(uniqueKeysWithValues: columns.keys.map { ($0, ExpressionType.dyn) })
        variables["row"] = .map(.string, .dyn)
        _ = try ExpressionEnvironment(variables: variables, limits: limits).compile(source, expecting: .bool)
        let tree = try Parser.parse(source, limits: limits)
        var translation = SQLTranslation(tree: tree, columns: columns)
        sql = try translation.run().sql
        self.columns = translation.used.sorted()
    }
}

/// Walks a tree from its parts to the whole, each node once.
struct SQLTranslation {
    enum Kind: Equatable {
        case value(SQLCondition.Kind), null, list, span
        /// The variable `row`, which only a selection can use.
        case row
    }

    struct Term {
        var sql: String
        var kind: Kind
        /// Of a literal text: patterns and times are read now.
        var literal: String?

        init(_ sql: String, _ kind: Kind, literal: String? = nil) {
            self.sql = sql
            self.kind = kind
            self.literal = literal
        }

        init(_ sql: String, _ kind: SQLCondition.Kind) { self.init(sql, .value(kind)) }
    }

    typealias NodeID = SyntaxTree.NodeID

    /// Parts repeat nothing, so this is reached by long texts only.
    static let maximumLength = 200_000

    let tree: SyntaxTree
    let columns: [String: SQLCondition.Kind]
    private(set) var used: Set<String> = []
    private var terms: [NodeID: Term] = [:]

    init(tree: SyntaxTree, columns: [String: SQLCondition.Kind]) {
        self.tree = tree
        self.columns = columns
    }

    mutating func run() throws(ExpressionError) -> Term {
        let wanted = reached()
        for id in tree.nodes.indices where wanted[id] {
            let term = try translate(id)
            guard term.sql.utf8.count <= Self.maximumLength else { throw unsupported(id, "An expression as long as this") }
            terms[id] = term
        }
        guard let whole = terms[tree.root], whole.kind == .value(.bool) || whole.kind == .value(.any) else {
            throw ExpressionError(.type, "The condition is no bool.", fix: "Compare, as in 'row.x > 0'.")
        }
        return whole
    }

    /// Parents have higher numbers than their parts.
    private func reached() -> [Bool] {
        var wanted = Array(repeating: false, count: tree.nodes.count)
        wanted[tree.root] = true
        for id in tree.nodes.indices.reversed() where wanted[id] {
            switch tree[id].kind {
            case .select(let select): wanted[select.operand] = true
            case .call(_, let target, let arguments):
                if let target { wanted[target] = true }
                for argument in arguments { wanted[argument] = true }
            case .list(let elements, _): for element in elements { wanted[element] = true }
            case .logic(_, let operands): for operand in operands { wanted[operand] = true }
            case .conditional(let condition, let then, let otherwise):
                for part in [condition, then, otherwise] { wanted[part] = true }
            default: break
            }
        }
        return wanted
    }

    private mutating func translate(_ id: NodeID) throws(ExpressionError) -> Term {
        switch tree[id].kind {
        case .literal(let value): return try literal(value, id)
        case .identifier(let name):
            let name = name.hasPrefix(".") ? String(name.dropFirst()) : name
            return name == "row" ? Term("", .row) : try column(name, id)
        case .select(let select):
            guard !select.isOptional, part(select.operand).kind == .row else { throw unsupported(id, "A field of a column") }
            let value = try column(select.field, id)
            return select.isTest ? Term("(\(value.sql) IS NOT NULL)", .bool) : value
        case .call(let function, let target, let arguments):
            var all = arguments
            if let target { all.insert(target, at: 0) }
            if function == "_[_]" { return try index(all, id) }
            let parts = all.map { part($0) }
            guard !parts.contains(where: { $0.kind == .row }) else { throw unsupported(id, "The whole row") }
            return try call(function, parts, id)
        case .list(let elements, let optional):
            guard optional.isEmpty else { throw unsupported(id, "An optional element") }
            return Term("(" + elements.map { part($0).sql }.joined(separator: ", ") + ")", .list)
        case .logic(let isAnd, let operands):
            return Term("(" + operands.map { part($0).sql }.joined(separator: isAnd ? " AND " : " OR ") + ")", .bool)
        case .conditional(let condition, let then, let otherwise):
            let (yes, no) = (part(then), part(otherwise))
            return Term(
                "(CASE WHEN \(part(condition).sql) THEN \(yes.sql) ELSE \(no.sql) END)", yes.kind == no.kind ? yes.kind : .value(.any))
        case .map, .message, .loop, .bind, .optionalMap, .block, .absorbed: throw unsupported(id, "A map, message or macro")
        }
    }

    private func part(_ id: NodeID) -> Term { terms[id] ?? Term("NULL", .null) }

    private mutating func column(_ name: String, _ id: NodeID) throws(ExpressionError) -> Term {
        guard let kind = columns[name] else {
            throw ExpressionError(.unknownName, "There is no column '\(name)'.", fix: "Name a column of the table.")
                .located(at: tree[id].offset, in: tree.source)
        }
        used.insert(name)
        return Term("\"" + name.replacing("\"", with: "\"\"") + "\"", kind)
    }

    private mutating func index(_ parts: [NodeID], _ id: NodeID) throws(ExpressionError) -> Term {
        guard parts.count == 2, part(parts[0]).kind == .row, let name = part(parts[1]).literal else {
            throw unsupported(id, "An index")
        }
        return try column(name, id)
    }

    private func literal(_ value: ExpressionValue, _ id: NodeID) throws(ExpressionError) -> Term {
        switch value {
        case .null: return Term("NULL", .null)
        case .bool(let value): return Term(value ? "true" : "false", .bool)
        case .int(let value): return Term(value < 0 ? "(\(value))" : "\(value)", .int)
        case .uint(let value): return Term("\(value)", .int)
        case .double(let value):
            guard value.isFinite else { throw unsupported(id, "A number that is not finite") }
            let digits = "\(value)"
            return Term("(" + (digits.contains("e") ? digits : digits + "e0") + ")", .double)
        case .string(let text):
            guard !text.utf8.contains(0) else { throw unsupported(id, "A NUL character") }
            return Term(Self.quoted(text), .value(.text), literal: text)
        default: throw unsupported(id, "A value of this type")
        }
    }

    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    func unsupported(_ id: NodeID, _ what: String) -> ExpressionError {
        ExpressionError(
            .unknownFunction, "\(what) cannot be asked of a table.",
            fix: "Use comparisons, arithmetic, 'in' with a list, texts and times; or write the rule in SQL."
        ).located(at: tree[id].offset, in: tree.source)
    }
}
