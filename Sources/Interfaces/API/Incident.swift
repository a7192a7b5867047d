// SPDX-License-Identifier: Apache-2.0

/// Something that waits, or waited, for a person.
package struct IncidentAnswer: Codable, Sendable {
    package var id: String
    package var endpoint: String
    package var monitor: String
    package var kind: String
    package var summary: String
    package var windowStart: Int64
    package var windowEnd: Int64
    package var evaluation: String
    package var opened: Int64
    package var closed: Int64?
    package var closedBy: String?
    package var resolution: String?
    package var note: String?

    package init(
        id: String, endpoint: String, monitor: String, kind: String, summary: String, windowStart: Int64, windowEnd: Int64,
        evaluation: String, opened: Int64, closed: Int64?, closedBy: String?, resolution: String?, note: String?
    ) {
        self.id = id
        self.endpoint = endpoint
        self.monitor = monitor
        self.kind = kind
        self.summary = summary
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.evaluation = evaluation
        self.opened = opened
        self.closed = closed
        self.closedBy = closedBy
        self.resolution = resolution
        self.note = note
    }
}

/// `POST /api/v1/incidents/{incident}/close`
package struct CloseIncidentRequest: Codable, Sendable {
    package var note: String
    /// `repaired` (also when absent): the data are, or will be, as before; `accepted`: they are right as they now are.
    package var resolution: String?

    package init(note: String, resolution: String? = nil) {
        self.note = note
        self.resolution = resolution
    }
}
