// SPDX-License-Identifier: Apache-2.0

import Domain
import Expressions

extension ExpressionValue {
    /// Lists and mappings within each other that a value of an expression may have.
    private static let deepestJSON = 60

    /// The value of a JSON value: whole numbers are `int`, all others `double`.
    ///
    /// - Throws: `Problem` when it nests too deep.
    init(json value: JSONValue, depth: Int = 0) throws(Problem) {
        guard depth <= Self.deepestJSON else {
            throw Problem(
                .invalid, "pipelines.expression.nesting", "A value nests deeper than \(Self.deepestJSON) levels.", fix: "Flatten it.")
        }
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .number(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements):
            var values: [ExpressionValue] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try ExpressionValue(json: element, depth: depth + 1)) }
            self = .list(values)
        case .object(let members):
            var values: [String: ExpressionValue] = [:]
            for (name, member) in members { values[name] = try ExpressionValue(json: member, depth: depth + 1) }
            self = .map(values)
        }
    }

    /// The JSON value; times, bytes and numbers that JSON has no words for have none.
    ///
    /// - Throws: `Problem` with how to write it instead.
    func json() throws(Problem) -> JSONValue {
        switch self {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .int(let value): return .integer(value)
        case .uint(let value): return Int64(exactly: value).map { .integer($0) } ?? .number(Double(value))
        case .double(let value) where value.isFinite: return .number(value)
        case .string(let value): return .string(value)
        case .list(let list):
            var values: [JSONValue] = []
            values.reserveCapacity(list.elements.count)
            for element in list.elements { values.append(try element.json()) }
            return .array(values)
        case .map(let map):
            var members: [String: JSONValue] = [:]
            for (key, value) in zip(map.keys, map.values) {
                guard case .string(let name) = key else {
                    throw Problem(
                        .invalid, "pipelines.expression.value", "A mapping has a key of type \(key.typeName).", fix: "Write 'string(…)'.")
                }
                members[name] = try value.json()
            }
            return .object(members)
        case .double, .bytes, .timestamp, .duration, .type, .optional, .address, .addressBlock:
            throw Problem(
                .invalid, "pipelines.expression.value", "A value of type \(typeName) cannot leave an expression.",
                why: "Elements and values are what JSON can say.", fix: "Write 'string(…)', or 'x.orValue(…)' for what may be absent.")
        }
    }
}
