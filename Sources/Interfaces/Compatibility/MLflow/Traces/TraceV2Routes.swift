// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Tracking

/// Traces as clients before MLflow 3 speak of them, and what newer ones still say so.
struct TraceV2Routes: RouteGroup {
    let traces: TraceTracking

    var routes: [Route] {
        let base = "2.0/mlflow/traces"
        return [
            MLflowRoute.routes([.post], base, .trackingWrite, begin),
            MLflowRoute.routes([.get], base, .trackingRead, search),
            MLflowRoute.routes([.patch], base + "/{trace}", .trackingWrite, end),
            MLflowRoute.routes([.get], base + "/{trace}/info", .trackingRead) { call in
                let trace = try await traces.get(try call.context.parameter("trace"), by: call.caller)
                return JSONWriter.object { $0.member("trace_info") { $0.writeOld(trace) } }
            },
            MLflowRoute.routes(
                [.post], base + "/link-to-run", .trackingWrite,
                MLflowRoute.done { call in
                    try await traces.link(try call.fields.texts("trace_ids"), .run, [try call.fields.run()], by: call.caller)
                }),
            MLflowRoute.routes(
                [.post], base + "/link-prompts", .trackingWrite,
                MLflowRoute.done { call in
                    let versions = try call.fields.objects("prompt_versions").map { version throws(Problem) in
                        try version.required("name") + "/" + version.required("version")
                    }
                    try await traces.link([try call.fields.required("trace_id")], .prompt, versions, by: call.caller)
                }),
        ].flatMap(\.self)
    }

    private func begin(_ call: MLflowCall) async throws -> JSONWriter {
        let metadata = try call.fields.tags("request_metadata")
        let (tags, name) = TraceWords.split(try call.fields.tags("tags"))
        guard let time = try call.fields.time("timestamp_ms") else { throw MLflowFields.missing("timestamp_ms") }
        let trace = Trace(
            id: UUID().uuidString.lowercased().replacing("-", with: ""), experiment: try call.fields.experiment(), state: .inProgress,
            started: time, name: name, tags: tags, metadata: metadata)
        let begun = try await traces.begin(trace, runs: TraceWords.runs(in: metadata), by: call.caller)
        return JSONWriter.object { $0.member("trace_info") { $0.writeOld(begun) } }
    }

    private func end(_ call: MLflowCall) async throws -> JSONWriter {
        let metadata = try call.fields.tags("request_metadata")
        let (tags, name) = TraceWords.split(try call.fields.tags("tags"))
        guard let time = try call.fields.time("timestamp_ms") else { throw MLflowFields.missing("timestamp_ms") }
        let word = try call.fields.text("status") ?? ""
        let state = word == "TRACE_STATUS_UNSPECIFIED" ? .unspecified : try call.fields.choice("status", Trace.State.self) ?? .unspecified
        let trace = try await traces.finish(
            try call.context.parameter("trace"), as: state, at: time, name: name, tags: tags, metadata: metadata,
            runs: TraceWords.runs(in: metadata), by: call.caller)
        return JSONWriter.object { $0.member("trace_info") { $0.writeOld(trace) } }
    }

    private func search(_ call: MLflowCall) async throws -> JSONWriter {
        let experiments = try call.fields.texts("experiment_ids").compactMap { Int64($0) }
        let (items, next) = try await TraceRoutes.search(traces, in: experiments, call)
        return JSONWriter.object { writer in
            writer.member("traces", objects: items) { trace, writer in writer.writeOld(trace) }
            writer.member("next_page_token", next?.text)
        }
    }
}
