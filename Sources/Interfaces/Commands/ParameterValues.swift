// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
package import Client
package import Domain
import Foundation

/// `-p name=value`, shared by what starts executions.
package struct ParameterOptions: ParsableArguments {
    @Option(
        name: [.customShort("p"), .customLong("parameter")], help: "A parameter as NAME=VALUE, lists and mappings as JSON; may be repeated."
    )
    var parameters: [String] = []

    package init() {}

    /// The values in the types that the newest version of the pipeline declares; the server says what is missing.
    package func values(for pipeline: String, _ client: DhowClient) async throws -> [String: JSONValue] {
        guard !parameters.isEmpty else { return [:] }
        let answer: PipelineAnswer = try await client.get(path("pipelines", pipeline))
        let types = Dictionary((answer.content?.parameters ?? []).map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        return try Self.values(parameters, types: types)
    }

    static func values(_ parameters: [String], types: [String: String]) throws(Problem) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for parameter in parameters {
            guard let mark = parameter.firstIndex(of: "="), mark > parameter.startIndex else {
                throw Problem(
                    .invalid, "client.parameter.malformed", "'\(parameter.printable)' is not NAME=VALUE.",
                    fix: "Write -p month=3, for example.")
            }
            let (name, text) = (String(parameter[..<mark]), String(parameter[parameter.index(after: mark)...]))
            // An unknown name goes as text: the server knows the names and says which there are.
            guard let value = value(text, of: types[name] ?? "string") else {
                throw Problem(
                    .invalid, "client.parameter.mismatch", "'\(text.printable)' is no value of the parameter '\(name.printable)'.",
                    why: "It is of type \(types[name] ?? "string").", fix: "Give a value of that type.")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem(.invalid, "client.parameter.repeated", "The parameter '\(name.printable)' is given twice.")
            }
        }
        return values
    }

    private static func value(_ text: String, of type: String) -> JSONValue? {
        switch type {
        case "integer": Int64(text).map { .integer($0) }
        case "number": Int64(text).map { .integer($0) } ?? Double(text).flatMap { $0.isFinite ? .number($0) : nil }
        case "boolean": ["true": .bool(true), "false": .bool(false)][text]
        case "list": json(text).flatMap { if case .array = $0 { $0 } else { nil } }
        case "mapping": json(text).flatMap { if case .object = $0 { $0 } else { nil } }
        default: .string(text)
        }
    }

    private static func json(_ text: String) -> JSONValue? { try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }
}
