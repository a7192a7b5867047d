// SPDX-License-Identifier: Apache-2.0

import Backends

/// One unit of work within a trace, as its program recorded it.
package struct TraceSpan: Equatable, Sendable {
    package enum Status: String, Codable, CaseIterable, Sendable, DatabaseConvertible {
        case unset = "UNSET", ok = "OK", error = "ERROR"
    }

    package struct Event: Codable, Equatable, Sendable {
        package var name: String
        /// Nanoseconds since 1970.
        package var time: Int64
        package var attributes: [SpanAttribute]

        package init(name: String, time: Int64, attributes: [SpanAttribute]) {
            self.name = name
            self.time = time
            self.attributes = attributes
        }
    }

    /// A span of this or another trace that belongs to this one.
    package struct Link: Codable, Equatable, Sendable {
        /// 32 and 16 hexadecimal digits.
        package var trace: String
        package var span: String
        package var attributes: [SpanAttribute]

        package init(trace: String, span: String, attributes: [SpanAttribute]) {
            self.trace = trace
            self.span = span
            self.attributes = attributes
        }
    }

    /// The program's own id of the trace, 32 hexadecimal digits.
    package var traceID: String
    /// 16 hexadecimal digits, unique within the trace.
    package var id: String
    package var parent: String?
    package var name: String
    /// What kind of work it is, in the program's words: `LLM`, `TOOL`, ….
    package var type: String?
    /// OpenTelemetry's number for who is at the other end; 0 when not said.
    package var kind: Int64
    package var status: Status
    package var message: String
    /// Nanoseconds since 1970.
    package var started: Int64
    package var ended: Int64?
    package var attributes: [SpanAttribute]
    package var events: [Event]
    package var links: [Link]
    /// As W3C Trace Context has it.
    package var state: String

    package init(
        traceID: String, id: String, parent: String?, name: String, type: String? = nil, kind: Int64 = 0, status: Status = .unset,
        message: String = "", started: Int64, ended: Int64? = nil, attributes: [SpanAttribute] = [], events: [Event] = [],
        links: [Link] = [], state: String = ""
    ) {
        self.traceID = traceID
        self.id = id
        self.parent = parent
        self.name = name
        self.type = type
        self.kind = kind
        self.status = status
        self.message = message
        self.started = started
        self.ended = ended
        self.attributes = attributes
        self.events = events
        self.links = links
        self.state = state
    }

    package subscript(attribute: String) -> SpanValue? {
        attributes.last { $0.key == attribute }?.value
    }
}

/// Spans of one trace that arrived together, and what they tell of it.
package struct SpanBatch: Sendable {
    /// The trace's id.
    package var trace: String
    package var spans: [TraceSpan]
    /// Beginnings of what the root span was given and gave back.
    package var request: String?
    package var response: String?
    package var name: String?
    package var tags: [Tag]
    package var metadata: [Tag]
    /// Numbers told of its spans, by span and name, to be aggregated.
    package var numbers: [String: [String: Double]] = [:]

    package init(
        trace: String, spans: [TraceSpan], request: String? = nil, response: String? = nil, name: String? = nil, tags: [Tag] = [],
        metadata: [Tag] = []
    ) {
        self.trace = trace
        self.spans = spans
        self.request = request
        self.response = response
        self.name = name
        self.tags = tags
        self.metadata = metadata
    }
}
