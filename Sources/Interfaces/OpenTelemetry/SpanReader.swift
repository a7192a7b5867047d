// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Foundation
import SwiftProtobuf
package import Tracking

/// Spans that arrived together, with the attributes of what sent them.
package struct ReceivedSpans: Sendable {
    package var resource: [SpanAttribute]
    package var spans: [TraceSpan]
}

/// Reads the body of an export of spans.
package enum SpanReader {
    package enum Form: Sendable { case protobuf, json }

    /// - Throws: `Problem` `.invalid` for what is not that protocol, has no spans, or spans without proper ids and times.
    /// - Complexity: O(bytes); messages nest at most 100 deep.
    package static func spans(in data: Data, as form: Form) throws(Problem) -> [ReceivedSpans] {
        let request = try request(in: data, as: form)
        var received: [ReceivedSpans] = []
        for group in request.resourceSpans {
            var spans: [TraceSpan] = []
            for scope in group.scopeSpans {
                for span in scope.spans { spans.append(try read(span, as: form)) }
            }
            if !spans.isEmpty { received.append(ReceivedSpans(resource: group.resource.attributes.map(attribute), spans: spans)) }
        }
        guard !received.isEmpty else {
            throw Problem(.invalid, "otlp.spans.absent", "Invalid OpenTelemetry format - no spans found.")
        }
        return received
    }

    private static func request(in data: Data, as form: Form) throws(Problem) -> OTLPExportRequest {
        do {
            switch form {
            case .protobuf:
                return try OTLPExportRequest(serializedBytes: data)
            case .json:
                var options = JSONDecodingOptions()
                options.ignoreUnknownFields = true
                return try OTLPExportRequest(jsonUTF8Bytes: data, options: options)
            }
        } catch {
            throw Problem(
                .invalid, "otlp.body.malformed", "Invalid OpenTelemetry format.",
                why: "The body is not an ExportTraceServiceRequest: it is cut off, or has wrong lengths, types or texts.",
                fix: "Send it as application/x-protobuf or application/json, whole.")
        }
    }

    private static func read(_ span: OTLPSpan, as form: Form) throws(Problem) -> TraceSpan {
        let trace = try identifier(span.traceID, 16, "trace_id", form)
        let id = try identifier(span.spanID, 8, "span_id", form)
        let parent = span.parentSpanID.isEmpty ? nil : try identifier(span.parentSpanID, 8, "parent_span_id", form)
        let status: TraceSpan.Status =
            switch span.status.code {
            case 1: .ok
            case 2: .error
            default: .unset
            }
        var read = TraceSpan(
            traceID: trace, id: id, parent: parent, name: span.name, kind: Int64(span.kind), status: status,
            message: span.status.message, started: try time(span.startTimeUnixNano),
            ended: span.endTimeUnixNano == 0 ? nil : try time(span.endTimeUnixNano), attributes: span.attributes.map(attribute),
            state: span.traceState)
        for event in span.events {
            read.events.append(
                TraceSpan.Event(name: event.name, time: try time(event.timeUnixNano), attributes: event.attributes.map(attribute)))
        }
        for link in span.links {
            read.links.append(
                TraceSpan.Link(
                    trace: try identifier(link.traceID, 16, "trace_id", form), span: try identifier(link.spanID, 8, "span_id", form),
                    attributes: link.attributes.map(attribute)))
        }
        return read
    }

    /// In JSON the ids are hexadecimal texts, which the decoder takes for base 64: written as such again they are the text that came.
    private static func identifier(_ bytes: Data, _ count: Int, _ name: String, _ form: Form) throws(Problem) -> String {
        let text = form == .json ? bytes.base64EncodedString().lowercased() : bytes.lowercaseHexadecimal
        guard text.utf8.count == 2 * count, text.utf8.contains(where: { $0 != UInt8(ascii: "0") }),
            text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else {
            throw Problem(
                .invalid, "otlp.id.malformed", "A span has a \(name) that is none.", why: "It is \(count) bytes, not all of them zero.")
        }
        return text
    }

    private static func time(_ nanoseconds: UInt64) throws(Problem) -> Int64 {
        guard let time = Int64(exactly: nanoseconds) else {
            throw Problem(.invalid, "otlp.time.out-of-range", "A span has a time beyond the year 2262.")
        }
        return time
    }

    private static func attribute(_ pair: OTLPKeyValue) -> SpanAttribute { SpanAttribute(pair.key, value(pair.value)) }

    private static func value(_ value: OTLPAnyValue) -> SpanValue {
        switch value.value {
        case .stringValue(let text): .text(text)
        case .boolValue(let flag): .bool(flag)
        case .intValue(let number): .integer(number)
        case .doubleValue(let number): .number(number)
        case .bytesValue(let bytes): .bytes(Array(bytes))
        case .arrayValue(let list): .list(list.values.map(Self.value))
        case .kvlistValue(let list): .members(list.values.map(attribute))
        case nil: .null
        }
    }
}
