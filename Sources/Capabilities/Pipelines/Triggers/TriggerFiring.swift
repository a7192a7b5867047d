// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What came of one event for one trigger. The row is what makes an event count once.
package struct TriggerFiring: Codable, Sendable, Equatable {
    package enum State: String, Codable, Sendable { case pending, done }

    /// Why an event started nothing.
    package enum Reason: String, Codable, CaseIterable, Sendable {
        /// The condition does not hold, or the event is of another type.
        case condition
        /// An expression gives no value that can be used.
        case error
        /// A newer event took its place.
        case superseded
        /// An execution was started for this key before.
        case sameKey
        /// Executions of the pipeline run.
        case overlap
        /// As many executions as a day may have were started.
        case budget
        /// No server looked when the time came.
        case missed
        case paused
        /// Too many triggers started each other.
        case depth
        /// Something forbids executions now, such as an open incident.
        case blocked
        /// The pipeline takes no such execution.
        case unstartable

        /// Whether the ledger has it, too: what someone should know, not what the trigger was made to hold back.
        var isNotable: Bool {
            switch self {
            case .error, .budget, .missed, .depth, .blocked, .unstartable: true
            case .condition, .superseded, .sameKey, .overlap, .paused: false
            }
        }
    }

    package var trigger: String
    /// Names the event: the id of a ledger entry, else what kind it is of and what makes it one, `tick/2026-01-31T03:00:00.000Z`.
    package var entry: String
    package var state: State
    package var execution: String?
    /// Why nothing was started, as a sentence.
    package var blocked: String?
    package var reason: Reason?
    /// What the event is about, for people.
    package var subject: String?
    package var key: String?
    /// Values that expressions gave, for as long as the event waits.
    package var parameters: [String: JSONValue]?
    /// How many executions that triggers started stand behind it.
    package var depth: Int
    package var time: Timestamp
    package var decided: Timestamp?

    init(_ event: TriggerEvent, of trigger: String, depth: Int, at time: Timestamp) {
        self.trigger = trigger
        entry = event.entry
        state = .pending
        subject = event.subject ?? "\(event.source) \(event.id)"
        self.depth = depth
        self.time = time
    }

    init(
        trigger: String, entry: String, state: State, execution: String?, blocked: String?, reason: Reason?, subject: String?, key: String?,
        parameters: [String: JSONValue]?, depth: Int, time: Timestamp, decided: Timestamp?
    ) {
        self.trigger = trigger
        self.entry = entry
        self.state = state
        self.execution = execution
        self.blocked = blocked
        self.reason = reason
        self.subject = subject
        self.key = key
        self.parameters = parameters
        self.depth = depth
        self.time = time
        self.decided = decided
    }
}
