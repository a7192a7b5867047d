// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Tracking

/// Traces, spans and assessments in MLflow's words.
extension JSONWriter {
    mutating func write(_ trace: Trace) {
        member("trace_id", trace.id)
        member("client_request_id", trace.clientRequestID)
        member("trace_location") { writer in
            writer.member("type", "MLFLOW_EXPERIMENT")
            writer.member("mlflow_experiment") { $0.member("experiment_id", String(trace.experiment)) }
        }
        member("request_preview", trace.request)
        member("response_preview", trace.response)
        member("request_time", ProtoTime.text(of: trace.started))
        member("execution_duration", trace.duration.map(ProtoTime.durationText))
        member("state", trace.state.rawValue)
        member("trace_metadata", pairs: trace.metadata.map { ($0.key, $0.value) })
        member("tags", pairs: TraceWords.tags(of: trace).map { ($0.key, $0.value) })
        member("assessments", objects: trace.assessments) { assessment, writer in writer.write(assessment, of: trace.id) }
    }

    mutating func writeOld(_ trace: Trace) {
        member("request_id", trace.id)
        member("experiment_id", String(trace.experiment))
        member("timestamp_ms", trace.started.milliseconds)
        member("execution_time_ms", trace.duration)
        member("status", trace.state == .unspecified ? "TRACE_STATUS_UNSPECIFIED" : trace.state.rawValue)
        write("request_metadata", trace.metadata)
        write("tags", TraceWords.tags(of: trace))
    }

    mutating func write(_ record: TraceRecord) {
        member("trace_info") { $0.write(record.trace) }
        member("spans", objects: record.spans) { span, writer in writer.write(span) }
    }

    mutating func write(_ assessment: Assessment, of trace: String) {
        member("assessment_id", assessment.id)
        member("assessment_name", assessment.name)
        member("trace_id", trace)
        member("span_id", assessment.span)
        member("source") { writer in
            writer.member("source_type", assessment.source.type)
            writer.member("source_id", assessment.source.id)
        }
        member("create_time", ProtoTime.text(of: assessment.created))
        member("last_update_time", ProtoTime.text(of: assessment.updated))
        switch assessment.kind {
        case .feedback:
            member("feedback") { writer in
                writer.member("value", json: assessment.value)
                if let failure = assessment.failure {
                    writer.member("error") { writer in
                        writer.member("error_code", failure.code)
                        writer.member("error_message", failure.message)
                        writer.member("stack_trace", failure.stack)
                    }
                }
            }
        case .expectation:
            member("expectation") { $0.writeExpected(assessment.value) }
        }
        member("rationale", assessment.rationale)
        if !assessment.metadata.isEmpty { member("metadata", pairs: assessment.metadata.map { ($0.key, $0.value) }) }
        member("overrides", assessment.overrides)
        member("valid", assessment.isValid)
    }

    /// Lists and objects go as a text of JSON.
    private mutating func writeExpected(_ value: JSONValue) {
        switch value {
        case .array, .object:
            let text = (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
            member("serialized_value") { writer in
                writer.member("serialization_format", "JSON_FORMAT")
                writer.member("value", text)
            }
        case .null, .bool, .integer, .number, .string: member("value", json: value)
        }
    }

    private mutating func write(_ span: TraceSpan) {
        member("trace_id", Self.base64(span.traceID))
        member("span_id", Self.base64(span.id))
        if !span.state.isEmpty { member("trace_state", span.state) }
        member("parent_span_id", span.parent.map(Self.base64))
        member("name", span.name)
        if (1...5).contains(span.kind) { member("kind", span.kind) }
        member("start_time_unix_nano", span.started)
        member("end_time_unix_nano", span.ended)
        member("attributes", objects: span.attributes) { attribute, writer in writer.write(attribute) }
        member("events", objects: span.events) { event, writer in
            writer.member("time_unix_nano", event.time)
            writer.member("name", event.name)
            writer.member("attributes", objects: event.attributes) { attribute, writer in writer.write(attribute) }
        }
        member("links", objects: span.links) { link, writer in
            writer.member("trace_id", Self.base64(link.trace))
            writer.member("span_id", Self.base64(link.span))
            writer.member("attributes", objects: link.attributes) { attribute, writer in writer.write(attribute) }
        }
        member("status") { writer in
            writer.member("code", "STATUS_CODE_\(span.status.rawValue)")
            if !span.message.isEmpty { writer.member("message", span.message) }
        }
    }

    private mutating func write(_ attribute: SpanAttribute) {
        member("key", attribute.key)
        member("value") { $0.write(attribute.value) }
    }

    private mutating func write(_ value: SpanValue) {
        switch value {
        case .null: break
        case .bool(let flag): member("bool_value", flag)
        case .integer(let number): member("int_value", number)
        case .number(let number): member("double_value", number)
        case .text(let text): member("string_value", text)
        case .bytes(let bytes): member("bytes_value", Data(bytes).base64EncodedString())
        case .list(let values):
            member("array_value") { $0.member("values", objects: values) { value, writer in writer.write(value) } }
        case .members(let members):
            member("kvlist_value") { $0.member("values", objects: members) { member, writer in writer.write(member) } }
        }
    }

    private static func base64(_ hexadecimal: String) -> String {
        let digits = Array(hexadecimal.utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
        return Data(bytes).base64EncodedString()
    }
}
