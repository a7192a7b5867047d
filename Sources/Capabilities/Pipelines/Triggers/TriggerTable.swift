// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Triggers with what they wait for.
package struct TriggerTable {
    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    /// What the trigger is; its progress is kept by `saveProgress`.
    package func save(_ trigger: Trigger) throws {
        // The columns of an event are also what an earlier release reads; no entry has the empty verb.
        var (verb, resource) = ("", String?.none)
        if case .event(let source) = trigger.specification.source { (verb, resource) = (source.verb, source.resource) }
        let values = trigger.specification.parameters.compactMapValues { parameter in
            if case .value(let value) = parameter { value } else { nil }
        }
        try transaction.execute(
            """
            INSERT INTO pipeline_trigger (workspace, name, verb, resource, pipeline, parameters, author, created, specification, kind, generation)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET verb = excluded.verb, resource = excluded.resource, pipeline = excluded.pipeline,
                parameters = excluded.parameters, author = excluded.author, specification = excluded.specification, kind = excluded.kind,
                generation = excluded.generation
            """, workspace, trigger.name, verb, resource, trigger.pipeline, try text(values), trigger.author, trigger.created,
            try text(trigger.specification), trigger.specification.source.kind.rawValue, trigger.generation)
        try saveProgress(trigger)
    }

    func saveProgress(_ trigger: Trigger) throws {
        try transaction.execute(
            """
            UPDATE pipeline_trigger SET paused = ?, considered = ?, next_due = ?, last_started = ?, pending_since = ?, waiting = ?, next_look = ?
            WHERE workspace = ? AND name = ?
            """, trigger.paused, trigger.considered, trigger.nextDue, trigger.lastStarted, trigger.pendingSince, trigger.waiting,
            trigger.nextLook, workspace, trigger.name)
    }

    /// Notes for which reason events start nothing, or that the last one did start something.
    ///
    /// - Returns: Whether that is new.
    func note(_ refusal: TriggerFiring.Reason?, of name: String) throws -> Bool {
        try transaction.execute(
            "UPDATE pipeline_trigger SET refusal = ? WHERE workspace = ? AND name = ? AND COALESCE(refusal, '') <> ?", refusal?.rawValue,
            workspace, name, refusal?.rawValue ?? "") > 0
    }

    package func find(_ name: String) throws -> Trigger? {
        try transaction.row("SELECT * FROM pipeline_trigger WHERE workspace = ? AND name = ?", workspace, name).map(Self.decode)
    }

    package func all(after name: String = "", limit: Int = 1000) throws -> [Trigger] {
        try transaction.rows(
            "SELECT * FROM pipeline_trigger WHERE workspace = ? AND name > ? ORDER BY name LIMIT ?", workspace, name, limit
        ).map(Self.decode)
    }

    /// With all that belongs to it: a trigger of the same name made later begins anew.
    func delete(_ name: String) throws {
        for table in ["trigger_firing", "trigger_key", "trigger_file", "pipeline_trigger"] {
            try transaction.execute("DELETE FROM \(table) WHERE workspace = ? AND name = ?", workspace, name)
        }
    }

    /// Those that hear ledger entries.
    func listening() throws -> [Trigger] {
        try transaction.rows(
            "SELECT * FROM pipeline_trigger WHERE workspace = ? AND kind = 'event' ORDER BY name LIMIT 1000", workspace
        ).map(Self.decode)
    }

    /// Schedules of all workspaces whose next time has come, or whose clock was put back.
    static func due(at now: Timestamp, in transaction: any Transaction) throws -> [(workspace: String, name: String)] {
        try names(
            "kind = 'schedule' AND paused IS NULL AND (next_due <= ? OR considered > ?)", now, now + FiringQueue.tolerance, in: transaction)
    }

    /// Triggers of all workspaces with events that have waited long enough to be looked at.
    static func waiting(at now: Timestamp, in transaction: any Transaction) throws -> [(workspace: String, name: String)] {
        try names("paused IS NULL AND (next_look <= ? OR next_look > ?)", now, now + Self.longestLook, in: transaction)
    }

    static func watching(in transaction: any Transaction) throws -> [(workspace: String, trigger: Trigger)] {
        try transaction.rows("SELECT * FROM pipeline_trigger WHERE kind = 'files' AND paused IS NULL ORDER BY workspace, name LIMIT 1000")
            .map {
                (try $0["workspace"], try decode($0))
            }
    }

    /// No event waits for longer, so a look beyond belongs to a clock that was put back.
    private static let longestLook = Duration.seconds(2 * Debounce.longest)

    private static func names(
        _ condition: String, _ first: Timestamp, _ second: Timestamp, in transaction: any Transaction
    ) throws -> [(workspace: String, name: String)] {
        try transaction.rows(
            "SELECT workspace, name FROM pipeline_trigger WHERE \(condition) ORDER BY workspace, name LIMIT 1000", first, second
        ).map { (try $0["workspace"], try $0["name"]) }
    }

    private static func decode(_ row: Row) throws -> Trigger {
        let specification: TriggerSpecification
        if let stored: String = try row["specification"] {
            specification = try value(TriggerSpecification.self, stored)
        } else {
            // Made by a release that knew ledger entries only.
            let values = try value([String: JSONValue].self, try row["parameters"])
            specification = TriggerSpecification(
                name: try row["name"], pipeline: try row["pipeline"],
                source: .event(LedgerSource(verb: try row["verb"], resource: try row["resource"])),
                parameters: values.mapValues { .value($0) })
        }
        var trigger = Trigger(specification, author: try row["author"], created: try row["created"])
        trigger.generation = try row["generation"]
        trigger.paused = try row["paused"]
        trigger.considered = try row["considered"]
        trigger.nextDue = try row["next_due"]
        trigger.lastStarted = try row["last_started"]
        trigger.pendingSince = try row["pending_since"]
        trigger.waiting = try row["waiting"]
        trigger.nextLook = try row["next_look"]
        return trigger
    }
}
