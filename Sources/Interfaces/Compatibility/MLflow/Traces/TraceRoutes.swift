// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Tracking

/// Traces as clients of MLflow 3 speak of them.
struct TraceRoutes: RouteGroup {
    let traces: TraceTracking

    var routes: [Route] {
        let base = "3.0/mlflow/traces"
        return [
            MLflowRoute.routes([.post], base, .trackingWrite, bodyLimit: RunDataRoutes.batchBodyLimit, start),
            MLflowRoute.routes([.get], base + "/get", .trackingRead, get),
            MLflowRoute.routes([.get, .post], base + "/batchGet", .trackingRead) { call in
                let records = try await traces.records(of: try call.fields.texts("trace_ids"), by: call.caller)
                let wanted = try Self.experiments(call.fields)
                return JSONWriter.object { writer in
                    writer.member("traces", objects: records.filter { wanted?.contains($0.trace.experiment) ?? true }) { $1.write($0) }
                }
            },
            MLflowRoute.routes([.post], base + "/batchGetInfos", .trackingRead) { call in
                let found = try await traces.get(try call.fields.texts("trace_ids"), by: call.caller)
                let wanted = try Self.experiments(call.fields)
                return JSONWriter.object { writer in
                    writer.member("trace_infos", objects: found.filter { wanted?.contains($0.experiment) ?? true }) { $1.write($0) }
                }
            },
            MLflowRoute.routes([.post], base + "/search", .trackingRead, search),
            MLflowRoute.routes([.post], base + "/calculate-filter-correlation", .trackingRead, correlation),
            MLflowRoute.routes([.get], base + "/{trace}", .trackingRead) { call in
                let trace = try await traces.get(try call.context.parameter("trace"), by: call.caller)
                return JSONWriter.object { $0.member("trace") { $0.member("trace_info") { $0.write(trace) } } }
            },
        ].flatMap(\.self) + shared
    }

    /// What both versions of the protocol have.
    private var shared: [Route] {
        ["2.0/mlflow/traces", "3.0/mlflow/traces"].flatMap { base in
            [
                MLflowRoute.routes([.post], base + "/delete-traces", .trackingWrite, delete),
                MLflowRoute.routes([.patch], base + "/{trace}/tags", .trackingWrite, MLflowRoute.done(setTag)),
                MLflowRoute.routes([.delete], base + "/{trace}/tags", .trackingWrite, MLflowRoute.done(deleteTag)),
            ].flatMap(\.self)
        }
    }

    private func start(_ call: MLflowCall) async throws -> JSONWriter {
        guard let info = try call.fields.object("trace")?.object("trace_info") else { throw MLflowFields.missing("trace") }
        let metadata = try info.pairs("trace_metadata")
        let usage = metadata.last { $0.key == TraceMetrics.usageKey }.map { TraceMetrics.numbers(TraceMetrics.tokens, in: .text($0.value)) }
        let trace = try await traces.start(
            try Self.trace(info, metadata, now: call.now), runs: TraceWords.runs(in: metadata), numbers: usage ?? [:], by: call.caller)
        return JSONWriter.object { $0.member("trace") { $0.member("trace_info") { $0.write(trace) } } }
    }

    private static func trace(_ info: MLflowFields, _ metadata: [Tag], now: Timestamp) throws(Problem) -> Trace {
        guard let place = try info.object("trace_location")?.object("mlflow_experiment") else {
            throw MLflowFields.missing("trace_location")
        }
        let (tags, name) = TraceWords.split(try info.pairs("tags"))
        guard let started = ProtoTime.time(try info.required("request_time")) else {
            throw MLflowFields.invalid("request_time", .string(try info.required("request_time")))
        }
        var duration: Int64?
        if let text = try info.text("execution_duration") {
            guard let milliseconds = ProtoTime.duration(text) else { throw MLflowFields.invalid("execution_duration", .string(text)) }
            duration = milliseconds
        }
        let assessments = try info.objects("assessments").map { fields throws(Problem) in
            try AssessmentFields.assessment(fields, now: now)
        }
        return Trace(
            id: try info.required("trace_id"), experiment: try place.experiment(),
            state: try info.choice("state", Trace.State.self) ?? .unspecified,
            started: started, duration: duration, name: name, clientRequestID: try info.text("client_request_id"),
            request: try info.text("request_preview"), response: try info.text("response_preview"), tags: tags, metadata: metadata,
            assessments: assessments)
    }

    /// A trace whose spans are still on their way is not given, so that clients ask again, unless part of it is enough.
    private func get(_ call: MLflowCall) async throws -> JSONWriter {
        let record = try await traces.record(of: try call.fields.required("trace_id"), by: call.caller)
        let expected = TraceWords.expectedSpans(of: record.trace)
        guard try call.fields.bool("allow_partial") == true || record.trace.spanCount >= max(1, expected) else {
            throw Problem(
                .notFound, "mlflow.trace.incomplete", "Trace with ID \(record.trace.id) is not fully exported yet, please try again later.",
                why: "\(record.trace.spanCount) of \(expected) spans have arrived.")
        }
        return JSONWriter.object { $0.member("trace") { $0.write(record) } }
    }

    private func search(_ call: MLflowCall) async throws -> JSONWriter {
        let experiments = try call.fields.objects("locations").compactMap { location throws(Problem) in
            try location.object("mlflow_experiment")?.text("experiment_id").flatMap { Int64($0) }
        }
        let (items, next) = try await Self.search(traces, in: experiments, call)
        return JSONWriter.object { writer in
            writer.member("traces", objects: items) { trace, writer in writer.write(trace) }
            writer.member("next_page_token", next?.text)
        }
    }

    static func search(
        _ traces: TraceTracking, in experiments: [Int64], _ call: MLflowCall
    ) async throws -> (items: [Trace], next: PageToken?) {
        try await traces.search(
            TraceWords.filter(try call.fields.text("filter") ?? ""), in: experiments,
            order: try call.fields.texts("order_by").map(TraceWords.filter), after: try call.fields.page(),
            limit: try call.fields.count("max_results", default: 100), by: call.caller)
    }

    private func correlation(_ call: MLflowCall) async throws -> JSONWriter {
        let base = TraceWords.filter(try call.fields.text("base_filter") ?? "")
        let first = TraceWords.filter(try call.fields.required("filter_string1"))
        let second = TraceWords.filter(try call.fields.required("filter_string2"))
        func both(_ filters: String...) -> String { filters.filter { !$0.isEmpty }.joined(separator: " AND ") }
        let counts = try await traces.counts(
            [base, both(base, first), both(base, second), both(base, first, second)],
            in: try Self.experiments(call.fields) ?? [], by: call.caller)
        let plain = TraceCorrelation(total: counts[0], first: counts[1], second: counts[2], both: counts[3])
        return JSONWriter.object { writer in
            writer.member("npmi", plain.value())
            writer.member("npmi_smoothed", plain.value(smoothing: 0.5))
            writer.member("filter1_count", counts[1])
            writer.member("filter2_count", counts[2])
            writer.member("joint_count", counts[3])
            writer.member("total_count", counts[0])
        }
    }

    private func delete(_ call: MLflowCall) async throws -> JSONWriter {
        let ids = try call.fields.texts("request_ids") + (try call.fields.texts("trace_ids"))
        let limit = try call.fields.integer("max_traces").map { number throws(Problem) -> Int in
            guard let limit = Int(exactly: number), limit > 0 else { throw MLflowFields.invalid("max_traces", .integer(number)) }
            return limit
        }
        let time = try call.fields.time("max_timestamp_millis")
        guard !ids.isEmpty || time != nil else {
            throw Problem(
                .invalid, "mlflow.traces.unnamed", "Either `max_timestamp_millis` or `trace_ids` must be specified.",
                why: "All traces of an experiment are never meant by saying nothing.")
        }
        let count = try await traces.delete(
            in: try call.fields.experiment(), ids: ids.isEmpty ? nil : ids, through: time, limit: limit, by: call.caller)
        return JSONWriter.object { $0.member("traces_deleted", Int64(count)) }
    }

    private func setTag(_ call: MLflowCall) async throws {
        let tag = Tag(try call.fields.required("key"), try call.fields.text("value") ?? "")
        let id = try call.context.parameter("trace")
        try Self.checkMutable(tag.key)
        if tag.key == TraceWords.nameTag { return try await traces.rename(id, to: tag.value, by: call.caller) }
        try await traces.setTag(tag, on: id, by: call.caller)
    }

    private func deleteTag(_ call: MLflowCall) async throws {
        let key = try call.fields.required("key")
        let id = try call.context.parameter("trace")
        try Self.checkMutable(key)
        if key == TraceWords.nameTag { return try await traces.rename(id, to: nil, by: call.caller) }
        try await traces.deleteTag(key, of: id, by: call.caller)
    }

    private static func checkMutable(_ key: String) throws(Problem) {
        guard !TraceWords.keptTags.contains(key) else {
            throw Problem(.invalid, "mlflow.tag.immutable", "Tag '\(key)' is immutable and cannot be set or deleted on a trace.")
        }
    }

    /// Nil when the call names none.
    private static func experiments(_ fields: MLflowFields) throws(Problem) -> [Int64]? {
        fields["experiment_ids"] == nil ? nil : try fields.texts("experiment_ids").compactMap { Int64($0) }
    }
}

extension MLflowCall {
    var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
