// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// What a person or program said of a trace or one of its spans: feedback on what came out, or what should have come out.
package struct Assessment: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable, DatabaseConvertible { case feedback, expectation }

    package struct Source: Codable, Equatable, Sendable {
        /// `HUMAN`, `LLM_JUDGE`, `CODE`, ….
        package var type: String
        package var id: String

        package init(type: String, id: String) {
            self.type = type
            self.id = id
        }
    }

    /// Why a judge gave no value.
    package struct Failure: Codable, Equatable, Sendable {
        package var code: String?
        package var message: String?
        package var stack: String?

        package init(code: String?, message: String?, stack: String?) {
            self.code = code
            self.message = message
            self.stack = stack
        }
    }

    package static let maximumNameLength = 250
    /// Bytes of a value, a rationale or the metadata.
    package static let maximumTextLength = 1 << 20

    /// Given by us.
    package var id: String = ""
    package var kind: Kind
    package var name: String
    package var value: JSONValue
    package var source: Source
    package var span: String?
    package var rationale: String?
    package var failure: Failure?
    package var metadata: [Tag]
    /// The assessment in whose place it stands; that one is no longer valid.
    package var overrides: String?
    package var isValid = true
    package var created: Timestamp
    package var updated: Timestamp

    package init(
        kind: Kind, name: String, value: JSONValue, source: Source, span: String? = nil, rationale: String? = nil, failure: Failure? = nil,
        metadata: [Tag] = [], overrides: String? = nil, created: Timestamp, updated: Timestamp
    ) {
        self.kind = kind
        self.name = name
        self.value = value
        self.source = source
        self.span = span
        self.rationale = rationale
        self.failure = failure
        self.metadata = metadata
        self.overrides = overrides
        self.created = created
        self.updated = updated
    }

    package static func unknown(_ id: String, of trace: String) -> Problem {
        Problem(
            .notFound, "tracking.assessment.unknown",
            "Assessment with ID '\(id.printable)' not found for trace '\(trace.printable)'", fix: "The trace lists its assessments.")
    }
}

/// The parts of an assessment that are to change; nil stays as it is.
package struct AssessmentEdit: Sendable {
    package var name: String?
    package var value: JSONValue?
    /// Only with a value: the failure then is this one, or none.
    package var failure: Assessment.Failure?
    package var kind: Assessment.Kind?
    package var rationale: String?
    /// Added to what there is.
    package var metadata: [Tag]
    package var isValid: Bool?

    package init(
        name: String? = nil, value: JSONValue? = nil, failure: Assessment.Failure? = nil, kind: Assessment.Kind? = nil,
        rationale: String? = nil, metadata: [Tag] = [], isValid: Bool? = nil
    ) {
        self.name = name
        self.value = value
        self.failure = failure
        self.kind = kind
        self.rationale = rationale
        self.metadata = metadata
        self.isValid = isValid
    }
}
