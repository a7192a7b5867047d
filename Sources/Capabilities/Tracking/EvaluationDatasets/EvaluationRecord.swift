// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

/// One example to evaluate with. Within its dataset it is the only one with its inputs.
package struct EvaluationRecord: Equatable, Sendable {
    /// Where a record came from.
    package struct Source: Equatable, Sendable {
        package enum Kind: String, CaseIterable, Sendable { case unspecified, trace, human, document, code }

        package var kind: Kind
        package var data: [String: JSONValue]

        package init(_ kind: Kind, data: [String: JSONValue] = [:]) {
            self.kind = kind
            self.data = data
        }

        /// The id of the trace or of the source, when it is said.
        package var id: String? { (kind == .trace ? data["trace_id"] : data["source_id"])?.text }
    }

    package var id: String
    package var inputs: [String: JSONValue]
    /// What came out once; nil when it was never said, null when it was said that nothing did.
    package var outputs: JSONValue?
    package var expectations: [String: JSONValue]?
    package var tags: [String: JSONValue]
    package var source: Source?
    package var created: Timestamp
    package var author: String
    package var updated: Timestamp
    package var editor: String

    /// Takes over what is said of the same inputs again: outputs are replaced, expectations and tags merged, all else stays.
    mutating func merge(_ draft: EvaluationRecordDraft, by editor: String, at time: Timestamp) {
        if let outputs = draft.outputs { self.outputs = outputs }
        if !draft.expectations.isEmpty { expectations = (expectations ?? [:]).merging(draft.expectations) { _, new in new } }
        tags.merge(draft.tags) { _, new in new }
        updated = time
        self.editor = editor
    }
}

/// A record as it is given.
package struct EvaluationRecordDraft: Equatable, Sendable {
    package var inputs: [String: JSONValue]
    /// Nil when nothing is said of them.
    package var outputs: JSONValue?
    package var expectations: [String: JSONValue]
    package var tags: [String: JSONValue]
    package var source: EvaluationRecord.Source?

    package init(
        inputs: [String: JSONValue], outputs: JSONValue? = nil, expectations: [String: JSONValue] = [:], tags: [String: JSONValue] = [:],
        source: EvaluationRecord.Source? = nil
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.expectations = expectations
        self.tags = tags
        self.source = source
    }

    /// SHA-256 of the inputs' JSON.
    var inputDigest: String { SHA256.hash(data: Data(JSONValue.object(inputs).jsonText.utf8)).lowercaseHexadecimal }

    func record(_ id: String, by author: String, at time: Timestamp) -> EvaluationRecord {
        EvaluationRecord(
            id: id, inputs: inputs, outputs: outputs, expectations: expectations.isEmpty ? nil : expectations, tags: tags, source: source,
            created: time, author: author, updated: time, editor: author)
    }

    func check() throws(Problem) {
        for name in [inputs, expectations].flatMap(\.keys) where name.unicodeScalars.count > EvaluationLimit.fieldLength {
            throw Problem(
                .invalid, "tracking.evaluation-record.field-length", "A field's name has \(name.unicodeScalars.count) characters.",
                why: "At most \(EvaluationLimit.fieldLength) are taken.")
        }
    }
}
