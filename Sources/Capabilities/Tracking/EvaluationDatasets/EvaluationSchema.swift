// SPDX-License-Identifier: Apache-2.0

package import Domain

/// The fields seen in the records of an evaluation dataset, each with the kind of its first value.
package struct EvaluationSchema: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case null, boolean, integer, float, string, array, object

        package init(of value: JSONValue) {
            self =
                switch value {
                case .null: .null
                case .bool: .boolean
                case .integer: .integer
                case .number: .float
                case .string: .string
                case .array: .array
                case .object: .object
                }
        }
    }

    package var inputs: [String: Kind] = [:]
    package var outputs: [String: Kind] = [:]
    /// Of outputs that are no object; nil when the first ones were.
    package var plainOutput: Kind?
    package var expectations: [String: Kind] = [:]

    package init() {}

    /// - Throws: `Problem` `.invalid` when there would be too many fields.
    mutating func learn(from draft: EvaluationRecordDraft) throws(Problem) {
        Self.add(draft.inputs, to: &inputs)
        Self.add(draft.expectations, to: &expectations)
        switch draft.outputs {
        case nil, .null: break
        case .object(let members): Self.add(members, to: &outputs)
        case .some(let value): if outputs.isEmpty, plainOutput == nil { plainOutput = Kind(of: value) }
        }
        let count = inputs.count + outputs.count + expectations.count
        guard count <= EvaluationLimit.fields else {
            throw Problem(
                .invalid, "tracking.evaluation-dataset.fields-too-many", "The records would have \(count) fields of different names.",
                why: "An evaluation dataset has at most \(EvaluationLimit.fields).",
                fix: "Put values whose names vary into one field, as an object.")
        }
    }

    private static func add(_ members: [String: JSONValue], to fields: inout [String: Kind]) {
        for (name, value) in members where fields[name] == nil { fields[name] = Kind(of: value) }
    }
}
