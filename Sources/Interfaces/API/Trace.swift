// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `GET /api/v1/traces/{trace}`; in lists without spans.
package struct TraceAnswer: Codable, Sendable {
    package var id: String
    package var experiment: Int64
    package var name: String?
    /// `OK`, `ERROR`, `IN_PROGRESS` or `STATE_UNSPECIFIED`.
    package var state: String
    package var started: Int64
    /// Milliseconds; absent while it goes on.
    package var duration: Int64?
    package var request: String?
    package var response: String?
    package var tags: [TagBody]
    package var metadata: [TagBody]
    package var assessments: [TraceAssessmentAnswer]
    package var spanCount: Int64
    package var spans: [TraceSpanAnswer]?

    package init(
        id: String, experiment: Int64, name: String?, state: String, started: Int64, duration: Int64?, request: String?, response: String?,
        tags: [TagBody], metadata: [TagBody], assessments: [TraceAssessmentAnswer], spanCount: Int64, spans: [TraceSpanAnswer]?
    ) {
        self.id = id
        self.experiment = experiment
        self.name = name
        self.state = state
        self.started = started
        self.duration = duration
        self.request = request
        self.response = response
        self.tags = tags
        self.metadata = metadata
        self.assessments = assessments
        self.spanCount = spanCount
        self.spans = spans
    }
}

/// What was said of a trace.
package struct TraceAssessmentAnswer: Codable, Sendable {
    package var id: String
    /// `feedback` or `expectation`.
    package var kind: String
    package var name: String
    package var value: JSONValue
    package var source: String
    package var span: String?
    package var rationale: String?
    package var isValid: Bool

    package init(
        id: String, kind: String, name: String, value: JSONValue, source: String, span: String?, rationale: String?, isValid: Bool
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.value = value
        self.source = source
        self.span = span
        self.rationale = rationale
        self.isValid = isValid
    }
}

/// One span; attributes as text, what is no text as JSON.
package struct TraceSpanAnswer: Codable, Sendable {
    package var id: String
    package var parent: String?
    package var name: String
    package var type: String?
    package var status: String
    package var message: String
    /// Nanoseconds since 1970.
    package var started: Int64
    package var ended: Int64?
    package var attributes: [TagBody]

    package init(
        id: String, parent: String?, name: String, type: String?, status: String, message: String, started: Int64, ended: Int64?,
        attributes: [TagBody]
    ) {
        self.id = id
        self.parent = parent
        self.name = name
        self.type = type
        self.status = status
        self.message = message
        self.started = started
        self.ended = ended
        self.attributes = attributes
    }
}
