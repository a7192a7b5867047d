// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `GET /api/v1/evaluation-datasets/{dataset}`
package struct EvaluationDatasetAnswer: Codable, Sendable {
    package var id: String
    package var name: String
    package var digest: String
    package var records: Int64
    /// Kinds of fields by name: `integer`, `float`, `string`, `boolean`, `array`, `object` or `null`.
    package var inputs: [String: String]
    package var outputs: [String: String]
    package var expectations: [String: String]
    package var experiments: [Int64]
    package var tags: [TagBody]
    package var created: Int64
    package var author: String
    package var updated: Int64
    package var editor: String

    package init(
        id: String, name: String, digest: String, records: Int64, inputs: [String: String], outputs: [String: String],
        expectations: [String: String], experiments: [Int64], tags: [TagBody], created: Int64, author: String, updated: Int64,
        editor: String
    ) {
        self.id = id
        self.name = name
        self.digest = digest
        self.records = records
        self.inputs = inputs
        self.outputs = outputs
        self.expectations = expectations
        self.experiments = experiments
        self.tags = tags
        self.created = created
        self.author = author
        self.updated = updated
        self.editor = editor
    }
}

/// `POST /api/v1/evaluation-datasets`
package struct CreateEvaluationDatasetRequest: Codable, Sendable {
    package var name: String
    package var tags: [TagBody]?
    package var experiments: [Int64]?

    package init(name: String, tags: [TagBody]? = nil, experiments: [Int64]? = nil) {
        self.name = name
        self.tags = tags
        self.experiments = experiments
    }
}

/// One of `GET /api/v1/evaluation-datasets/{dataset}/records`
package struct EvaluationRecordAnswer: Codable, Sendable {
    package var id: String
    package var inputs: [String: JSONValue]
    package var outputs: JSONValue?
    package var expectations: [String: JSONValue]?
    package var tags: [String: JSONValue]
    /// `unspecified`, `trace`, `human`, `document` or `code`.
    package var sourceKind: String?
    package var source: [String: JSONValue]?
    package var created: Int64
    package var author: String
    package var updated: Int64
    package var editor: String

    package init(
        id: String, inputs: [String: JSONValue], outputs: JSONValue?, expectations: [String: JSONValue]?, tags: [String: JSONValue],
        sourceKind: String?, source: [String: JSONValue]?, created: Int64, author: String, updated: Int64, editor: String
    ) {
        self.id = id
        self.inputs = inputs
        self.outputs = outputs
        self.expectations = expectations
        self.tags = tags
        self.sourceKind = sourceKind
        self.source = source
        self.created = created
        self.author = author
        self.updated = updated
        self.editor = editor
    }
}

/// `DELETE /api/v1/evaluation-datasets/{dataset}/records/{record}`
package struct DeletedRecordsAnswer: Codable, Sendable {
    package var deleted: Int64

    package init(deleted: Int64) {
        self.deleted = deleted
    }
}
