// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// What happened from a request to its answer: a tree of spans, and what people and programs said of it afterwards.
package struct Trace: Codable, Equatable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable, DatabaseConvertible {
        case unspecified = "STATE_UNSPECIFIED", ok = "OK", error = "ERROR", inProgress = "IN_PROGRESS"
    }

    /// Chosen by the program; unique in its workspace.
    package var id: String
    package var experiment: Int64
    package var state: State
    package var started: Timestamp
    /// Milliseconds; nil while it goes on.
    package var duration: Int64?
    package var name: String?
    package var clientRequestID: String?
    /// Beginnings of what was asked and answered.
    package var request: String?
    package var response: String?
    package var tags: [Tag]
    package var metadata: [Tag]
    package var assessments: [Assessment]
    package var spanCount: Int64 = 0
    /// Where its program may put files that belong to it.
    package var location = ArtifactLocation.stored(ArtifactPath(trusted: []))

    package init(
        id: String, experiment: Int64, state: State, started: Timestamp, duration: Int64? = nil, name: String? = nil,
        clientRequestID: String? = nil, request: String? = nil, response: String? = nil, tags: [Tag] = [], metadata: [Tag] = [],
        assessments: [Assessment] = []
    ) {
        self.id = id
        self.experiment = experiment
        self.state = state
        self.started = started
        self.duration = duration
        self.name = name
        self.clientRequestID = clientRequestID
        self.request = request
        self.response = response
        self.tags = tags
        self.metadata = metadata
        self.assessments = assessments
    }

    package static func unknown(_ id: String) -> Problem {
        Problem(
            .notFound, "tracking.trace.unknown", "Trace with ID '\(id.printable)' not found.", fix: "Search for traces in their experiment."
        )
    }

    package static func deleted(_ id: String) -> Problem {
        Problem(
            .conflict, "tracking.trace.deleted", "Trace with ID '\(id.printable)' was deleted.",
            why: "A deleted trace takes no more spans and does not come back.", fix: "Record a trace with another id.")
    }
}

/// A trace with all of its spans: the root first, then by their start.
package struct TraceRecord: Equatable, Sendable {
    package var trace: Trace
    package var spans: [TraceSpan]
}
