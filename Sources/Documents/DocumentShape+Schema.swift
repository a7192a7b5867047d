// SPDX-License-Identifier: Apache-2.0

package import Domain

extension DocumentShape {
    /// The shape in JSON Schema, draft 2020-12.
    package var schema: JSONValue {
        switch self {
        case .text(let pattern, let length):
            var schema: [String: JSONValue] = ["type": "string", "maxLength": .integer(Int64(length.upperBound))]
            if length.lowerBound > 0 { schema["minLength"] = .integer(Int64(length.lowerBound)) }
            if let pattern { schema["pattern"] = .string("^(?:\(pattern))$") }
            return .object(schema)
        case .choice(let words): return ["type": "string", "enum": .array(words.map { .string($0) })]
        case .scalar: return ["type": ["string", "number", "boolean"]]
        case .boolean: return ["type": "boolean"]
        case .integer(let range):
            return ["type": "integer", "minimum": .integer(Int64(range.lowerBound)), "maximum": .integer(Int64(range.upperBound))]
        case .number(let range):
            var schema: [String: JSONValue] = ["type": "number"]
            schema["exclusiveMinimum"] = range.above.map { .number($0) }
            schema["minimum"] = range.from.map { .number($0) }
            schema["exclusiveMaximum"] = range.below.map { .number($0) }
            schema["maximum"] = range.upTo.map { .number($0) }
            return .object(schema)
        case .list(let element, let count):
            var schema: [String: JSONValue] = [
                "type": "array", "items": element.schema, "maxItems": .integer(Int64(count.upperBound)),
            ]
            if count.lowerBound > 0 { schema["minItems"] = .integer(Int64(count.lowerBound)) }
            return .object(schema)
        case .record(let fields): return Self.record(fields)
        case .map(let value, let keys):
            var schema: [String: JSONValue] = ["type": "object", "additionalProperties": value.schema]
            if let keys { schema["propertyNames"] = ["pattern": .string("^(?:\(keys))$")] }
            return .object(schema)
        case .either(let shapes): return ["anyOf": .array(shapes.map(\.schema))]
        case .described(let summary, let shape): return shape.schema.adding("description", .string(summary))
        case .anything: return [:]
        }
    }

    private static func record(_ fields: [DocumentField]) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        for field in fields {
            var schema = field.shape.schema.adding("description", .string(field.summary))
            if let standard = field.standard { schema = schema.adding("default", standard) }
            properties[field.name] = schema
        }
        var schema: [String: JSONValue] = ["type": "object", "properties": .object(properties), "additionalProperties": false]
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        return .object(schema)
    }

    /// The schema of whole documents of a kind.
    ///
    /// - Parameter spec: The shape of their `spec`.
    package static func document(kind: String, summary: String, spec: DocumentShape) -> JSONValue {
        let fields = [
            DocumentField("apiVersion", .choice([Document.apiVersion]), "The version of the language of documents.", isRequired: true),
            DocumentField("kind", .choice([kind]), summary, isRequired: true),
            DocumentField(
                "metadata",
                .record([DocumentField("name", .name, "The name of the object, unique among those of its kind.", isRequired: true)]),
                "What the object is called.", isRequired: true),
            DocumentField("spec", spec, "What the object is to be.", isRequired: true),
        ]
        return record(fields).adding("$schema", .string(dialect)).adding("title", .string(kind)).adding("description", .string(summary))
    }

    /// One schema for documents of any of the kinds.
    ///
    /// - Parameter schemas: By kind.
    package static func anyDocument(_ schemas: [String: JSONValue]) -> JSONValue {
        let kinds = schemas.keys.sorted()
        // A schema with an address of its own keeps its references to itself.
        let definitions = Dictionary(
            uniqueKeysWithValues: schemas.map { kind, schema in (kind, schema.adding("$id", .string(address(kind)))) })
        let rules = kinds.map { kind -> JSONValue in
            [
                "if": ["properties": ["kind": ["const": .string(kind)]], "required": ["kind"]],
                "then": ["$ref": .string(address(kind))],
            ]
        }
        return [
            "$schema": .string(dialect), "$id": .string(address("all")), "title": "Dhow document", "type": "object", "required": ["kind"],
            "properties": ["kind": ["enum": .array(kinds.map { .string($0) })]], "allOf": .array(rules), "$defs": .object(definitions),
        ]
    }

    private static func address(_ kind: String) -> String { "urn:dhow:schema:v1:\(kind)" }

    private static let dialect = "https://json-schema.org/draft/2020-12/schema"
}

extension JSONValue {
    fileprivate func adding(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members[name] = value
        return .object(members)
    }
}
