// SPDX-License-Identifier: Apache-2.0

package import Domain
import Governance
package import Pipelines

/// What is asked for: where records come from and what they are, or where which events go.
package struct StreamSpecification: Codable, Sendable, Equatable {
    /// What records in are.
    package enum Records: String, Codable, CaseIterable, Sendable { case predictions, labels, features }

    package enum Direction: String, Codable, CaseIterable, Sendable { case `in`, out }

    package static let mostEvents = 50

    package var name: String
    package var from: StreamPlace?
    package var to: StreamPlace?
    package var records: Records?
    /// Whose predictions and labels they are.
    package var endpoint: String?
    /// The feature service whose rows they are.
    package var service: String?
    /// Verbs, all of a noun, or all.
    package var events: [String]?
    /// Only about this resource or beneath it.
    package var subject: String?
    package var mode: CloudEvent.Mode?

    package init(
        name: String, from: StreamPlace? = nil, to: StreamPlace? = nil, records: Records? = nil, endpoint: String? = nil,
        service: String? = nil, events: [String]? = nil, subject: String? = nil, mode: CloudEvent.Mode? = nil
    ) {
        self.name = name
        self.from = from
        self.to = to
        self.records = records
        self.endpoint = endpoint
        self.service = service
        self.events = events
        self.subject = subject
        self.mode = mode
    }

    package var direction: Direction { from == nil ? .out : .in }
    package var place: StreamPlace { from ?? to ?? StreamPlace() }

    /// What can be said without looking at anything but the settings.
    ///
    /// - Parameter folders: What the server watches; nil where that is not known.
    package func check(watching folders: WatchedFolders?) throws(Problem) {
        try ResourceName.check(name, of: "stream")
        guard (from == nil) != (to == nil) else {
            throw Self.refusal(
                "It has \(from == nil ? "neither" : "both") 'from' and 'to'.", "Give one of them: records come in, or events go out.")
        }
        guard from == nil else { return try checkIn(folders) }
        try checkOut()
    }

    private func checkIn(_ folders: WatchedFolders?) throws(Problem) {
        guard events == nil, subject == nil, mode == nil else {
            throw Self.refusal("'events', 'subject' and 'mode' are of streams out.", "Leave them out.")
        }
        switch records {
        case nil: throw Self.refusal("It does not say what its records are.", "Give 'records': predictions, labels or features.")
        case .predictions, .labels:
            guard let endpoint, service == nil else {
                throw Self.refusal("Predictions and labels are of an endpoint.", "Give 'endpoint', and no 'service'.")
            }
            try ResourceName.check(endpoint, of: "endpoint")
        case .features:
            guard let service, endpoint == nil else {
                throw Self.refusal("Features are of a feature service.", "Give 'service', and no 'endpoint'.")
            }
            try ResourceName.check(service, of: "feature service")
        }
        try place.check(isSink: false, watching: folders)
    }

    private func checkOut() throws(Problem) {
        guard records == nil, endpoint == nil, service == nil else {
            throw Self.refusal("'records', 'endpoint' and 'service' are of streams in.", "Leave them out.")
        }
        let events = events ?? []
        guard (1...Self.mostEvents).contains(events.count) else {
            throw Self.refusal(
                "It names \(events.count) events.", "Name 1 to \(Self.mostEvents), such as 'version.registered', 'rollout.*' or '*'.")
        }
        for event in events { try CloudEventFormat().check(event: event) }
        guard (subject?.utf8.count ?? 0) <= 500 else { throw Self.refusal("Its subject is longer than 500 bytes.", "Give a shorter one.") }
        try place.check(isSink: true, watching: nil)
    }

    static func refusal(_ why: String, _ fix: String) -> Problem {
        Problem(.invalid, "streams.specification.malformed", "The stream cannot be made as it is asked for.", why: why, fix: fix)
    }
}
