// SPDX-License-Identifier: Apache-2.0

import Domain
import Tracking

/// Evaluation datasets in MLflow's words: tags, schema and profile are JSON in a text.
extension JSONWriter {
    mutating func write(_ dataset: EvaluationDataset) {
        let tags = Dictionary(dataset.tags.map { ($0.key, JSONValue.string($0.value)) }, uniquingKeysWith: { _, last in last })
        member("dataset_id", dataset.id)
        member("name", dataset.name)
        member("tags", JSONValue.object(tags).jsonText)
        member("schema", dataset.schema.map { Self.value(of: $0).jsonText })
        if dataset.recordCount > 0 {
            member("profile", JSONValue.object(["num_records": .integer(dataset.recordCount)]).jsonText)
        }
        member("digest", dataset.digest)
        member("created_time", dataset.created.milliseconds)
        member("last_update_time", dataset.updated.milliseconds)
        member("created_by", dataset.author)
        member("last_updated_by", dataset.editor)
        member("experiment_ids", texts: dataset.experiments.map { String($0) })
    }

    private static func value(of schema: EvaluationSchema) -> JSONValue {
        func object(_ fields: [String: EvaluationSchema.Kind]) -> JSONValue { .object(fields.mapValues { .string($0.rawValue) }) }
        let outputs = schema.outputs.isEmpty ? schema.plainOutput.map { JSONValue.string($0.rawValue) } : nil
        return [
            "inputs": object(schema.inputs), "outputs": outputs ?? object(schema.outputs), "expectations": object(schema.expectations),
            "version": "1.0",
        ]
    }
}
