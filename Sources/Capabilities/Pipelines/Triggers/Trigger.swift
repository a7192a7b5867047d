// SPDX-License-Identifier: Apache-2.0

package import Domain
import Governance

/// A rule that starts executions of a pipeline when something comes: a time, a ledger entry, an event that others send, a file.
package struct Trigger: Codable, Sendable, Equatable {
    package var specification: TriggerSpecification
    package var author: String
    package var created: Timestamp
    /// Counts how often it was applied.
    package var generation: Int
    /// Since when nothing starts; nil while it works.
    package var paused: Timestamp?
    /// Of a schedule: times up to here have been dealt with.
    package var considered: Timestamp?
    /// Of a schedule: the next time.
    package var nextDue: Timestamp?
    package var lastStarted: Timestamp?
    /// When the oldest came of the events that wait, or came and gave way to newer ones while these wait.
    package var pendingSince: Timestamp?
    /// Why events wait, and until when at least.
    package var waiting: String?
    package var nextLook: Timestamp?

    package var name: String { specification.name }
    package var pipeline: String { specification.pipeline }
    package var resource: String { "trigger/\(name)" }

    package init(_ specification: TriggerSpecification, author: String, created: Timestamp) {
        self.specification = specification
        self.author = author
        self.created = created
        generation = 1
    }

    /// Whose name stands for what the trigger does.
    var principal: Principal { Principal(name: Self.principalPrefix + name, kind: .system) }

    static let principalPrefix = "trigger-"

    /// Only what came after the trigger was made.
    func matches(_ entry: LedgerEntry) -> Bool {
        guard case .event(let source) = specification.source, entry.verb == source.verb, entry.outcome == .done, entry.time >= created
        else {
            return false
        }
        guard let resource = source.resource else { return true }
        return entry.resource == resource || entry.resource.hasPrefix(resource + "/")
    }
}
