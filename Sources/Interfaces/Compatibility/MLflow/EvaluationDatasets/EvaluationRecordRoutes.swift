// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import HTTPServer
import HTTPTypes
import Tracking

/// Records of evaluation datasets; MLflow sends and takes them as JSON in a text.
struct EvaluationRecordRoutes: RouteGroup {
    /// The client sends all records of a call at once.
    private static let bodyLimit = 64 << 20

    let datasets: EvaluationDatasetTracking

    var routes: [Route] {
        let path = "3.0/mlflow/datasets/{dataset}/records"
        return [
            MLflowRoute.routes([.post], path, .trackingWrite, bodyLimit: Self.bodyLimit, merge),
            MLflowRoute.routes([.get], path, .trackingRead, page),
            MLflowRoute.routes([.delete], path, .trackingWrite) { call in
                let count = try await datasets.deleteRecords(
                    try call.fields.texts("dataset_record_ids"), of: try call.context.parameter("dataset"), by: call.caller)
                return JSONWriter.object { $0.member("deleted_count", count) }
            },
        ].flatMap(\.self)
    }

    private func merge(_ call: MLflowCall) async throws -> JSONWriter {
        guard case .array(let elements) = try JSONReader.value(of: try call.fields.required("records")) else {
            throw Self.malformed("`records` is a list.")
        }
        let drafts = try elements.map { element throws(Problem) in try Self.draft(element) }
        let merged = try await datasets.merge(drafts, into: try call.context.parameter("dataset"), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("inserted_count", merged.inserted)
            writer.member("updated_count", merged.updated)
        }
    }

    private func page(_ call: MLflowCall) async throws -> JSONWriter {
        let dataset = try call.context.parameter("dataset")
        let token = try call.fields.text("page_token").flatMap { $0.isEmpty ? nil : $0 }
        if let token, !token.utf8.allSatisfy({ (33...126).contains($0) }) {
            throw MLflowFields.invalid("page_token", .string(token))
        }
        let limit = try call.fields.count("max_results", default: EvaluationDatasetTracking.maximumPage)
        guard limit > 0 else { throw MLflowFields.invalid("max_results", .integer(Int64(limit))) }
        let (records, next) = try await datasets.records(
            of: dataset, after: token, limit: min(limit, EvaluationDatasetTracking.maximumPage), by: call.caller)
        let items = JSONValue.array(records.map { Self.value(of: $0, in: dataset) })
        return JSONWriter.object { writer in
            writer.member("records", items.jsonText)
            writer.member("next_page_token", next)
        }
    }

    private static func draft(_ value: JSONValue) throws(Problem) -> EvaluationRecordDraft {
        guard case .object(let members) = value else { throw malformed("Each record must be a dictionary.") }
        guard case .object(let inputs)? = members["inputs"] else { throw malformed("Each record must have an 'inputs' field, an object.") }
        func object(_ name: String) throws(Problem) -> [String: JSONValue] {
            switch members[name] {
            case nil, .null: return [:]
            case .object(let object): return object
            default: throw malformed("The '\(name)' of a record must be a dictionary.")
            }
        }
        var source: EvaluationRecord.Source?
        let said = try object("source")
        if !said.isEmpty {
            let word = said["source_type"]?.text ?? ""
            guard let kind = EvaluationRecord.Source.Kind(rawValue: word.lowercased()) else {
                let kinds = EvaluationRecord.Source.Kind.allCases.map { $0.rawValue.uppercased() }.joined(separator: ", ")
                throw malformed("Invalid dataset record source type: \(word.printable). Valid source types: \(kinds)")
            }
            var data: [String: JSONValue] = [:]
            if case .object(let members)? = said["source_data"] { data = members }
            source = EvaluationRecord.Source(kind, data: data)
        }
        return EvaluationRecordDraft(
            inputs: inputs, outputs: members["outputs"], expectations: try object("expectations"), tags: try object("tags"), source: source)
    }

    private static func value(of record: EvaluationRecord, in dataset: String) -> JSONValue {
        var members: [String: JSONValue] = [
            "dataset_record_id": .string(record.id), "dataset_id": .string(dataset), "inputs": .object(record.inputs),
            "tags": .object(record.tags), "created_time": .integer(record.created.milliseconds),
            "last_update_time": .integer(record.updated.milliseconds), "created_by": .string(record.author),
            "last_updated_by": .string(record.editor),
        ]
        // Of what was never said the client is told that it is empty, of what was said to be nothing, nothing.
        members["outputs"] = record.outputs == .null ? nil : record.outputs ?? .object([:])
        members["expectations"] = record.expectations.map { .object($0) }
        if let source = record.source {
            let kind = JSONValue.string(source.kind.rawValue.uppercased())
            members["source"] = .object(["source_type": kind, "source_data": .object(source.data)])
            members["source_type"] = kind
            members["source_id"] = source.id.map { .string($0) }
        }
        return .object(members)
    }

    private static func malformed(_ what: String) -> Problem {
        Problem(.invalid, "mlflow.record.malformed", what)
    }
}
