// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Parts that schemas of documents are put together from (JSON Schema, draft 2020-12).
package enum SchemaPart {
    /// A mapping of which all fields are named.
    package static func fields(_ properties: [String: JSONValue], required: [String] = [], _ description: String = "") -> JSONValue {
        described(
            ["type": "object", "properties": .object(properties), "required": names(required), "additionalProperties": false], description)
    }

    /// A mapping from names to one kind of value.
    package static func mapping(of values: JSONValue, names: JSONValue = true, _ description: String = "") -> JSONValue {
        described(["type": "object", "propertyNames": names, "additionalProperties": values], description)
    }

    package static func list(of elements: JSONValue, _ lengths: ClosedRange<Int>? = nil, _ description: String = "") -> JSONValue {
        var list: [String: JSONValue] = ["type": "array", "items": elements]
        if let lengths {
            list["minItems"] = .integer(Int64(lengths.lowerBound))
            list["maxItems"] = .integer(Int64(lengths.upperBound))
        }
        return described(list, description)
    }

    package static func integer(_ range: ClosedRange<Int>, _ description: String = "") -> JSONValue {
        described(
            ["type": "integer", "minimum": .integer(Int64(range.lowerBound)), "maximum": .integer(Int64(range.upperBound))], description)
    }

    package static func boolean(_ description: String) -> JSONValue { described(["type": "boolean"], description) }

    package static func text(pattern: String? = nil, longest: Int? = nil, _ description: String = "") -> JSONValue {
        var text: [String: JSONValue] = ["type": "string"]
        if let pattern { text["pattern"] = .string(pattern) }
        if let longest { text["maxLength"] = .integer(Int64(longest)) }
        return described(text, description)
    }

    package static func choice<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type, _ description: String = "")
        -> JSONValue
    {
        described(["enum": .array(Choice.allCases.map { .string($0.rawValue) })], description)
    }

    package static func either(_ forms: JSONValue..., description: String = "") -> JSONValue {
        described(["anyOf": .array(forms)], description)
    }

    package static func reference(_ definition: String, _ description: String = "") -> JSONValue {
        described(["$ref": .string("#/$defs/\(definition)")], description)
    }

    package static func names(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }

    private static func described(_ members: [String: JSONValue], _ description: String) -> JSONValue {
        var members = members
        if !description.isEmpty { members["description"] = .string(description) }
        return .object(members)
    }
}
