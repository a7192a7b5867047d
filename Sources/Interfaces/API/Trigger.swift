// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `POST /api/v1/triggers` of a trigger that hears the ledger: makes it or replaces the one of that name. The fields of all kinds are those
/// of a Trigger document, see `docs/triggers.md`.
package struct ApplyTriggerRequest: Codable, Sendable {
    package var name: String
    /// The event, such as `performance.breached`.
    package var event: String
    /// Only events about this resource or beneath it.
    package var resource: String?
    package var pipeline: String
    package var parameters: [String: JSONValue]?

    package init(name: String, event: String, resource: String? = nil, pipeline: String, parameters: [String: JSONValue]? = nil) {
        self.name = name
        self.event = event
        self.resource = resource
        self.pipeline = pipeline
        self.parameters = parameters
    }
}

package struct TriggerAnswer: Codable, Sendable {
    package var name: String
    /// `schedule`, `event`, `http` or `files`.
    package var kind: String
    package var pipeline: String
    /// All of it, as a Trigger document has it.
    package var specification: JSONValue
    package var generation: Int
    package var author: String
    package var created: Int64
    /// Since when it is paused.
    package var paused: Int64?
    /// The next times of a schedule.
    package var next: [Int64]
    package var lastStarted: Int64?
    /// Why events wait.
    package var waiting: String?

    package init(
        name: String, kind: String, pipeline: String, specification: JSONValue, generation: Int, author: String, created: Int64,
        paused: Int64?, next: [Int64], lastStarted: Int64?, waiting: String?
    ) {
        self.name = name
        self.kind = kind
        self.pipeline = pipeline
        self.specification = specification
        self.generation = generation
        self.author = author
        self.created = created
        self.paused = paused
        self.next = next
        self.lastStarted = lastStarted
        self.waiting = waiting
    }
}

/// What came of one event: an execution, the reason why none was started, or neither while it waits.
package struct TriggerFiringAnswer: Codable, Sendable {
    package var entry: String
    /// `pending` or `done`.
    package var state: String
    /// The execution, or the resource that an action was done to.
    package var execution: String?
    /// Why nothing was started, as a sentence.
    package var blocked: String?
    /// `condition`, `error`, `superseded`, `sameKey`, `overlap`, `budget`, `missed`, `paused`, `depth`, `blocked` or `unstartable`.
    package var reason: String?
    package var subject: String?
    package var key: String?
    package var time: Int64
    package var decided: Int64?

    package init(
        entry: String, state: String, execution: String?, blocked: String?, reason: String?, subject: String?, key: String?, time: Int64,
        decided: Int64?
    ) {
        self.entry = entry
        self.state = state
        self.execution = execution
        self.blocked = blocked
        self.reason = reason
        self.subject = subject
        self.key = key
        self.time = time
        self.decided = decided
    }
}
