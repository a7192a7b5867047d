// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Tracking

/// The fields of an MLflow request, from a JSON body or a query, with that protocol's leniency: whole numbers may be texts, a single
/// value may stand for a list, unknown fields are ignored, and an empty text is an absent one where a field is required.
struct MLflowFields: Sendable {
    private let members: [JSONNode.Member]

    private init(_ members: [JSONNode.Member]) {
        self.members = members
    }

    init(_ node: JSONNode) throws(Problem) {
        guard case .object(let members) = node else {
            throw Problem(.invalid, "request.body.malformed", "The body is not a JSON object.")
        }
        self.members = members
    }

    /// `a=1&b=2&b=3`, percent-encoded, with `+` for a space.
    init(query: String) {
        var values: [(name: String, texts: [JSONNode])] = []
        var places: [String: Int] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decoded(parts[0])
            let value = JSONNode.string(parts.count > 1 ? Self.decoded(parts[1]) : "")
            if let place = places[name] {
                values[place].texts.append(value)
            } else {
                places[name] = values.count
                values.append((name, [value]))
            }
        }
        members = values.map { name, texts in JSONNode.Member(name: name, node: texts.count == 1 ? texts[0] : .array(texts)) }
    }

    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "%") }) else { return String(text) }
        let spaced = String(text).replacing("+", with: " ")
        return spaced.removingPercentEncoding ?? spaced
    }

    subscript(name: String) -> JSONNode? {
        guard let node = members[name] else { return nil }
        if case .null = node { return nil }
        return node
    }

    /// - Throws: `Problem` `.invalid` when it is absent or empty.
    func required(_ name: String) throws(Problem) -> String {
        guard let text = try text(name), !text.isEmpty else { throw Self.missing(name) }
        return text
    }

    func text(_ name: String) throws(Problem) -> String? {
        switch self[name] {
        case nil: return nil
        case .string(let text): return text
        case .integer(let number): return String(number)
        case .some(let value): throw Self.invalid(name, value)
        }
    }

    func integer(_ name: String) throws(Problem) -> Int64? {
        guard let value = self[name] else { return nil }
        switch value {
        case .integer(let number): return number
        case .string(let text):
            if text.isEmpty { return nil }
            if let number = Int64(text) { return number }
        case .number(let number): if let whole = Int64(exactly: number) { return whole }
        default: break
        }
        throw Self.invalid(name, value)
    }

    func time(_ name: String) throws(Problem) -> Timestamp? {
        try integer(name).map { Timestamp(milliseconds: $0) }
    }

    /// A count within `Int`, or the default.
    func count(_ name: String, default count: Int) throws(Problem) -> Int {
        guard let number = try integer(name) else { return count }
        guard let count = Int(exactly: number) else { throw Self.invalid(name, .integer(number)) }
        return count
    }

    func double(_ name: String) throws(Problem) -> Double? {
        guard let value = self[name] else { return nil }
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        case .string(let text):
            switch text.lowercased() {
            case "nan": return .nan
            case "infinity", "inf": return .infinity
            case "-infinity", "-inf": return -.infinity
            default: if let number = Double(text) { return number }
            }
        default: break
        }
        throw Self.invalid(name, value)
    }

    func bool(_ name: String) throws(Problem) -> Bool? {
        guard let value = self[name] else { return nil }
        switch value {
        case .bool(let flag): return flag
        case .string(let text) where text.lowercased() == "true": return true
        case .string(let text) where text.lowercased() == "false": return false
        default: throw Self.invalid(name, value)
        }
    }

    func texts(_ name: String) throws(Problem) -> [String] {
        guard let value = self[name] else { return [] }
        var texts: [String] = []
        for element in Self.elements(of: value) {
            switch element {
            case .string(let text): texts.append(text)
            case .integer(let number): texts.append(String(number))
            default: throw Self.invalid(name, element)
            }
        }
        return texts
    }

    func objects(_ name: String) throws(Problem) -> [MLflowFields] {
        guard let value = self[name] else { return [] }
        guard case .array(let elements) = value else { throw Self.invalid(name, value) }
        var objects: [MLflowFields] = []
        objects.reserveCapacity(elements.count)
        for element in elements {
            guard case .object = element else { throw Self.invalid(name, element) }
            objects.append(try MLflowFields(element))
        }
        return objects
    }

    func object(_ name: String) throws(Problem) -> MLflowFields? {
        guard let value = self[name] else { return nil }
        guard case .object = value else { throw Self.invalid(name, value) }
        return try MLflowFields(value)
    }

    /// A value of a closed set, by its word.
    func choice<Choice: RawRepresentable<String>>(_ name: String, _ type: Choice.Type) throws(Problem) -> Choice? {
        guard let text = try text(name), !text.isEmpty else { return nil }
        guard let choice = Choice(rawValue: text) else { throw Self.invalid(name, .string(text)) }
        return choice
    }

    /// Keys and values in a list.
    func tags(_ name: String) throws(Problem) -> [Tag] {
        var tags: [Tag] = []
        for tag in try objects(name) { tags.append(Tag(try tag.required("key"), try tag.text("value") ?? "")) }
        return tags
    }

    /// Keys and texts in an object; what is no text is taken as JSON writes it.
    func pairs(_ name: String) throws(Problem) -> [Tag] {
        guard let value = self[name] else { return [] }
        guard case .object(let members) = value else { throw Self.invalid(name, value) }
        var texts: [String: String] = [:]
        for member in members { texts[member.name] = try MLflowFields([member]).text(member.name) ?? "" }
        return texts.sorted { $0.key < $1.key }.map { Tag($0.key, $0.value) }
    }

    private static func elements(of node: JSONNode) -> [JSONNode] {
        if case .array(let elements) = node { elements } else { [node] }
    }

    static func missing(_ name: String) -> Problem {
        Problem(
            .invalid, "mlflow.parameter.missing",
            "Missing value for required parameter '\(name)'. See the API docs for more information about request parameters.")
    }

    static func invalid(_ name: String, _ value: JSONNode) -> Problem {
        let shown =
            switch value {
            case .string(let text): "\"\(text.printable)\""
            case .integer(let number): String(number)
            case .number(let number): String(number)
            case .bool(let flag): String(flag)
            case .null, .array, .object: "of another type"
            }
        return Problem(
            .invalid, "mlflow.parameter.invalid",
            "Invalid value \(shown) for parameter '\(name)' supplied. See the API docs for more information about request parameters.")
    }
}
