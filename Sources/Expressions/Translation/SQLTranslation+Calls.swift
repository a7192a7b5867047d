// SPDX-License-Identifier: Apache-2.0

/// Operators and functions.
extension SQLTranslation {
    func call(_ function: String, _ parts: [Term], _ id: NodeID) throws(ExpressionError) -> Term {
        switch (function, parts.count) {
        case ("!_", 1): return Term("(NOT \(parts[0].sql))", .bool)
        case ("-_", 1): return Term("(- \(parts[0].sql))", parts[0].kind)
        case ("_==_", 2): return equality(parts, isEqual: true)
        case ("_!=_", 2): return equality(parts, isEqual: false)
        case ("_<_", 2), ("_<=_", 2), ("_>_", 2), ("_>=_", 2):
            let sign = function.dropFirst().dropLast()
            return Term("(\(parts[0].sql) \(sign) \(parts[1].sql))", .bool)
        case ("@in", 2):
            guard parts[1].kind == .list else { throw unsupported(id, "'in' without a list") }
            return Term(parts[1].sql == "()" ? "false" : "(\(parts[0].sql) IN \(parts[1].sql))", .bool)
        case ("_+_", 2), ("_-_", 2), ("_*_", 2), ("_/_", 2), ("_%_", 2): return try arithmetic(function, parts, id)
        default: return try named(function, parts, id)
        }
    }

    private func equality(_ parts: [Term], isEqual: Bool) -> Term {
        if parts[1].kind == .null { return Term("(\(parts[0].sql) IS \(isEqual ? "" : "NOT ")NULL)", .bool) }
        if parts[0].kind == .null { return Term("(\(parts[1].sql) IS \(isEqual ? "" : "NOT ")NULL)", .bool) }
        return Term("(\(parts[0].sql) \(isEqual ? "=" : "<>") \(parts[1].sql))", .bool)
    }

    private func arithmetic(_ function: String, _ parts: [Term], _ id: NodeID) throws(ExpressionError) -> Term {
        let (left, right) = (parts[0], parts[1])
        let sign = String(function.dropFirst().dropLast())
        let kinds = [left.kind, right.kind]
        if sign == "+", kinds.contains(.value(.text)) { return Term("(\(left.sql) || \(right.sql))", .text) }
        if kinds.contains(.span) || kinds.contains(.value(.time)) {
            guard sign == "+" || sign == "-" else { throw unsupported(id, "'\(sign)' of a time") }
            let isSpan = left.kind == right.kind
            return Term("(\(left.sql) \(sign) \(right.sql))", isSpan ? .span : .value(.time))
        }
        let isWhole = kinds.allSatisfy { $0 == .value(.int) }
        let kind: SQLCondition.Kind = isWhole ? .int : kinds.contains(.value(.any)) ? .any : .double
        // Whole numbers are divided as in CEL: towards zero.
        return Term("(\(left.sql) \(sign == "/" && isWhole ? "//" : sign) \(right.sql))", kind)
    }

    private func named(_ function: String, _ parts: [Term], _ id: NodeID) throws(ExpressionError) -> Term {
        let sql = parts.map(\.sql)
        switch (function, parts.count) {
        case ("size", 1): return Term("length(\(sql[0]))", .int)
        case ("startsWith", 2): return Term("starts_with(\(sql[0]), \(sql[1]))", .bool)
        case ("endsWith", 2): return Term("ends_with(\(sql[0]), \(sql[1]))", .bool)
        case ("contains", 2): return Term("contains(\(sql[0]), \(sql[1]))", .bool)
        case ("lowerAscii", 1): return Term("lower(\(sql[0]))", .text)
        case ("upperAscii", 1): return Term("upper(\(sql[0]))", .text)
        case ("trim", 1): return Term("trim(\(sql[0]))", .text)
        case ("matches", 2):
            guard let pattern = parts[1].literal else { throw unsupported(id, "A pattern that is not written out") }
            do {
                _ = try RegularExpression(pattern)
            } catch {
                throw ExpressionError(.regularExpression, "The regular expression \(error.reason).")
                    .located(at: tree[id].offset, in: tree.source)
            }
            return Term("regexp_matches(\(sql[0]), \(sql[1]))", .bool)
        case ("int", 1):
            return Term(parts[0].kind == .value(.double) ? "CAST(trunc(\(sql[0])) AS BIGINT)" : "CAST(\(sql[0]) AS BIGINT)", .int)
        case ("double", 1): return Term("CAST(\(sql[0]) AS DOUBLE)", .double)
        case ("string", 1): return Term("CAST(\(sql[0]) AS VARCHAR)", .text)
        case ("timestamp", 1): return Term("CAST(\(sql[0]) AS TIMESTAMPTZ)", .time)
        case ("duration", 1):
            guard let text = parts[0].literal, let span = TimeSpan(text) else {
                throw unsupported(id, "A duration that is not written out")
            }
            return Term("to_microseconds(\(span.nanoseconds / 1000))", .span)
        case ("getFullYear", 1): return Term("year(\(sql[0]))", .int)
        case ("getMonth", 1): return Term("(month(\(sql[0])) - 1)", .int)
        case ("getDate", 1): return Term("day(\(sql[0]))", .int)
        case ("getDayOfMonth", 1): return Term("(day(\(sql[0])) - 1)", .int)
        case ("getDayOfWeek", 1): return Term("dayofweek(\(sql[0]))", .int)
        case ("getDayOfYear", 1): return Term("(dayofyear(\(sql[0])) - 1)", .int)
        case ("getHours", 1): return Term("hour(\(sql[0]))", .int)
        case ("getMinutes", 1): return Term("minute(\(sql[0]))", .int)
        case ("getSeconds", 1): return Term("second(\(sql[0]))", .int)
        default: throw unsupported(id, "'\(function)'")
        }
    }
}
