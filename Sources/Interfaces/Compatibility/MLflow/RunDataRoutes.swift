// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Tracking

/// What runs log: metrics, params and tags.
struct RunDataRoutes: RouteGroup {
    /// 16 MiB: a thousand metrics or a hundred params of full length, with room.
    static let batchBodyLimit = 16 << 20

    let runs: RunTracking

    var routes: [Route] {
        let base = "2.0/mlflow/"
        return [
            MLflowRoute.routes([.post], base + "runs/log-metric", .trackingWrite) { call in
                try await log(RunBatch(metrics: [try Self.metric(call.fields)]), call)
            },
            MLflowRoute.routes([.post], base + "runs/log-parameter", .trackingWrite) { call in
                let param = Tag(try call.fields.required("key"), try call.fields.text("value") ?? "")
                return try await log(RunBatch(params: [param]), call)
            },
            MLflowRoute.routes([.post], base + "runs/set-tag", .trackingWrite) { call in
                let tag = Tag(try call.fields.required("key"), try call.fields.text("value") ?? "")
                return try await log(RunBatch(tags: [tag]), call)
            },
            MLflowRoute.routes([.post], base + "runs/log-batch", .trackingWrite, bodyLimit: Self.batchBodyLimit) { call in
                let metrics = try call.fields.objects("metrics").map { fields throws(Problem) in try Self.metric(fields) }
                let batch = RunBatch(params: try call.fields.tags("params"), metrics: metrics, tags: try call.fields.tags("tags"))
                try Self.checkUnique(batch.params)
                return try await log(batch, call)
            },
            MLflowRoute.routes(
                [.post], base + "runs/delete-tag", .trackingWrite,
                MLflowRoute.done { try await runs.deleteTag(try $0.fields.required("key"), of: try $0.fields.run(), by: $0.caller) }),
            MLflowRoute.routes([.post], base + "runs/log-model", .trackingWrite, MLflowRoute.done(logModel)),
            MLflowRoute.routes([.get], base + "metrics/get-history", .trackingRead, history),
            MLflowRoute.routes([.get], base + "metrics/get-history-bulk-interval", .trackingRead, sampledHistory),
            MLflowRoute.routes([.get], base + "metrics/get-history-bulk", .trackingRead, bulkHistory),
            MLflowRoute.routes([.post], base + "experiments/search-datasets", .trackingRead, datasets),
        ].flatMap(\.self)
    }

    private func log(_ batch: RunBatch, _ call: MLflowCall) async throws -> JSONWriter {
        var batch = batch
        batch.name = RunNames.name(in: batch.tags)
        try await runs.log(batch, on: try call.fields.run(), by: call.caller)
        return JSONWriter.object { _ in }
    }

    /// Older clients tell of a model they logged in a tag that lists all of them.
    private func logModel(_ call: MLflowCall) async throws {
        let text = try call.fields.required("model_json")
        guard let model = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)), case .object(var members) = model else {
            throw MLflowFields.invalid("model_json", .string(text))
        }
        members["flavors"] = members["flavors"] ?? .object([:])
        let added = JSONValue.object(members)
        try await runs.editTag("mlflow.log-model.history", of: try call.fields.run(), by: call.caller) { value in
            let known = try value.map { try JSONDecoder().decode([JSONValue].self, from: Data($0.utf8)) } ?? []
            return String(decoding: try JSONEncoder().encode(known + [added]), as: UTF8.self)
        }
    }

    private func history(_ call: MLflowCall) async throws -> JSONWriter {
        let (items, next) = try await runs.history(
            of: try call.fields.required("metric_key"), in: try call.fields.run(), after: try call.fields.page(),
            limit: try call.fields.count("max_results", default: RunTracking.maximumHistoryPage), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("metrics", objects: items) { metric, writer in writer.write(metric) }
            writer.member("next_page_token", next?.text)
        }
    }

    private func sampledHistory(_ call: MLflowCall) async throws -> JSONWriter {
        let points = try await runs.sampledHistory(
            of: try call.fields.required("metric_key"), in: try call.fields.texts("run_ids"), from: try call.fields.integer("start_step"),
            through: try call.fields.integer("end_step"), limit: try call.fields.count("max_results", default: 320), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("metrics", objects: points) { point, writer in writer.write(point.metric, of: point.run) }
        }
    }

    private func bulkHistory(_ call: MLflowCall) async throws -> JSONWriter {
        let limit = min(try call.fields.count("max_results", default: RunTracking.maximumHistoryPage), RunTracking.maximumHistoryPage)
        let points = try await runs.bulkHistory(
            of: try call.fields.required("metric_key"), in: try call.fields.texts("run_id"), limit: limit, by: call.caller)
        return JSONWriter.object { writer in
            writer.member("metrics", objects: points) { point, writer in writer.write(point.metric, of: point.run) }
        }
    }

    private func datasets(_ call: MLflowCall) async throws -> JSONWriter {
        let experiments = try call.fields.experiments()
        let uses = try await runs.datasets(in: experiments, by: call.caller)
        return JSONWriter.object { writer in
            writer.member("dataset_summaries", objects: uses) { use, writer in
                writer.member("experiment_id", String(use.experiment))
                writer.member("name", use.name)
                writer.member("digest", use.digest)
                writer.member("context", use.context)
            }
        }
    }

    private static func checkUnique(_ params: [Tag]) throws(Problem) {
        var seen: Set<String> = []
        guard let repeated = params.first(where: { !seen.insert($0.key).inserted }) else { return }
        throw Problem(
            .invalid, "mlflow.params.repeated", "Duplicate parameter keys have been submitted: '\(repeated.key.printable)'.",
            fix: "Name each param once in a request.")
    }

    private static func metric(_ fields: MLflowFields) throws(Problem) -> Metric {
        guard let value = try fields.double("value") else { throw MLflowFields.missing("value") }
        guard let time = try fields.time("timestamp") else { throw MLflowFields.missing("timestamp") }
        return Metric(
            try fields.required("key"), value, time: time, step: try fields.integer("step") ?? 0, model: try fields.text("model_id"),
            datasetName: try fields.text("dataset_name"), datasetDigest: try fields.text("dataset_digest"))
    }
}
