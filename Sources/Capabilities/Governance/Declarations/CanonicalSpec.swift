// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

/// Specs as values of JSON: the same wish has the same text and digest, whoever wrote it down and however.
package enum CanonicalSpec {
    /// A value in the words of its own coding keys.
    package static func encode(_ value: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }

    /// - Throws: `Problem` `.invalid` when the spec is not one of `type`.
    package static func decode<Value: Decodable>(_ type: Value.Type, from spec: JSONValue) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(try spec.compactText().utf8))
        } catch let error as DecodingError {
            throw Problem(
                .invalid, "documents.spec.malformed", "The spec cannot be read as a \(type).", why: String(describing: error).printable,
                fix: "Compare it with the schema of its kind: dhow schema.")
        }
    }

    static func parse(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// SHA-256 of the text, 64 hexadecimal digits.
    package static func digest(of spec: JSONValue) throws -> String {
        SHA256.hash(data: Data(try spec.compactText().utf8)).lowercaseHexadecimal
    }
}

/// A place where two specs differ; a side that has nothing there is nil.
package struct FieldChange: Codable, Sendable, Equatable {
    /// Such as `thresholds.minimumRows` or `steps[train].retries`.
    package var path: String
    package var from: JSONValue?
    package var to: JSONValue?

    package init(path: String, from: JSONValue?, to: JSONValue?) {
        self.path = path
        self.from = from
        self.to = to
    }
}

extension FieldChange {
    /// Most changes that are told of one object.
    package static let maximum = 100

    /// Where `new` differs from `old`, in the order of the paths; elements of lists that have names are known by them.
    package static func between(_ old: JSONValue, _ new: JSONValue) -> [FieldChange] {
        var changes: [FieldChange] = []
        compare(old, new, at: "", into: &changes)
        return Array(changes.prefix(maximum))
    }

    private static func compare(_ old: JSONValue?, _ new: JSONValue?, at path: String, into changes: inout [FieldChange]) {
        guard old != new, changes.count < maximum else { return }
        switch (old, new) {
        case (.object(let old)?, .object(let new)?):
            for name in Set(old.keys).union(new.keys).sorted() {
                compare(old[name], new[name], at: path.isEmpty ? name : "\(path).\(name)", into: &changes)
            }
        case (.array(let old)?, .array(let new)?):
            if let oldByName = named(old), let newByName = named(new),
                oldByName.keys.sorted() != newByName.keys.sorted() || old.count == new.count
            {
                for name in Set(oldByName.keys).union(newByName.keys).sorted() {
                    compare(oldByName[name], newByName[name], at: "\(path)[\(name)]", into: &changes)
                }
                // The same elements in another order.
                if oldByName == newByName { changes.append(FieldChange(path: path, from: .array(old), to: .array(new))) }
            } else {
                for index in 0..<max(old.count, new.count) {
                    compare(
                        index < old.count ? old[index] : nil, index < new.count ? new[index] : nil, at: "\(path)[\(index)]", into: &changes)
                }
            }
        default: changes.append(FieldChange(path: path, from: old, to: new))
        }
    }

    /// The elements by their names, when all have one and no two the same.
    private static func named(_ elements: [JSONValue]) -> [String: JSONValue]? {
        var byName: [String: JSONValue] = [:]
        for element in elements {
            guard let name = element["name"]?.text, byName.updateValue(element, forKey: name) == nil else { return nil }
        }
        return byName
    }
}
