// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance

/// A rule that starts an execution when an event comes: a ledger entry with this verb, about this resource or beneath it.
package struct Trigger: Codable, Sendable, Equatable {
    package var name: String
    package var verb: String
    /// Every resource when nil.
    package var resource: String?
    package var pipeline: String
    package var parameters: [String: JSONValue]
    package var author: String
    package var created: Timestamp

    /// Only what came after the trigger was made.
    func matches(_ entry: LedgerEntry) -> Bool {
        guard entry.verb == verb, entry.outcome == .done, entry.time >= created else { return false }
        guard let resource else { return true }
        return entry.resource == resource || entry.resource.hasPrefix(resource + "/")
    }
}

/// What came of one event for one trigger.
package struct TriggerFiring: Codable, Sendable, Equatable {
    package var trigger: String
    /// Id of the ledger entry.
    package var entry: String
    package var execution: String?
    /// Why nothing was started.
    package var blocked: String?
    package var time: Timestamp
}

/// The use cases of triggers.
package struct Triggers: Sendable {
    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Makes the trigger or replaces the one of that name.
    package func apply(
        _ name: String, verb: String, resource: String?, pipeline: String, parameters: [String: JSONValue], by caller: Caller
    ) async throws -> Trigger {
        try Self.check(name, verb: verb, resource: resource)
        return try await governor.change(.pipelineApply, by: caller) {
            try Self.apply(name, verb: verb, resource: resource, pipeline: pipeline, parameters: parameters, in: $0)
        }
    }

    static func check(_ name: String, verb: String, resource: String?) throws(Problem) {
        try ResourceName.check(name, of: "trigger")
        guard verb.utf8.count <= 100, verb.contains("."), (resource?.utf8.count ?? 0) <= 500 else {
            throw Problem(
                .invalid, "pipelines.trigger.malformed", "'\(verb.printable)' is not an event.",
                fix: "Name one such as 'performance.breached'.")
        }
        guard !verb.hasPrefix("trigger.") else {
            throw Problem(
                .invalid, "pipelines.trigger.circular", "A trigger cannot be started by triggers.",
                fix: "Name the event that the other trigger waits for.")
        }
    }

    static func apply(
        _ name: String, verb: String, resource: String?, pipeline: String, parameters: [String: JSONValue], in change: Change
    ) throws -> Trigger {
        guard let version = try PipelineTable(transaction: change.transaction, workspace: change.workspace).latest(pipeline) else {
            throw PipelineTable.unknown(pipeline)
        }
        _ = try PipelineParser.parse(version.document).resolveParameters(parameters)
        let table = TriggerTable(transaction: change.transaction, workspace: change.workspace)
        let trigger = Trigger(
            name: name, verb: verb, resource: resource, pipeline: pipeline, parameters: parameters,
            author: change.caller.principal.qualifiedName, created: try table.find(name)?.created ?? change.time)
        try table.save(trigger)
        try change.record("trigger.applied", on: "trigger/\(name)", ["verb": .string(verb), "pipeline": .string(pipeline)])
        return trigger
    }

    package func list(by caller: Caller) async throws -> [Trigger] {
        try await governor.read(.pipelineRead, by: caller) { try TriggerTable(transaction: $0, workspace: caller.workspace).all() }
    }

    /// Newest first.
    package func firings(of name: String, limit: Int, by caller: Caller) async throws -> [TriggerFiring] {
        try await governor.read(.pipelineRead, by: caller) {
            try TriggerTable(transaction: $0, workspace: caller.workspace).firings(of: name, limit: min(max(limit, 1), 1000))
        }
    }
}

package struct TriggerTable {
    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func save(_ trigger: Trigger) throws {
        try transaction.execute(
            """
            INSERT INTO pipeline_trigger (workspace, name, verb, resource, pipeline, parameters, author, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET verb = excluded.verb, resource = excluded.resource, pipeline = excluded.pipeline,
                parameters = excluded.parameters, author = excluded.author
            """, workspace, trigger.name, trigger.verb, trigger.resource, trigger.pipeline, try text(trigger.parameters), trigger.author,
            trigger.created)
    }

    package func find(_ name: String) throws -> Trigger? {
        try transaction.row("SELECT * FROM pipeline_trigger WHERE workspace = ? AND name = ?", workspace, name).map(decode)
    }

    package func delete(_ name: String) throws {
        try transaction.execute("DELETE FROM pipeline_trigger WHERE workspace = ? AND name = ?", workspace, name)
    }

    package func all() throws -> [Trigger] {
        try transaction.rows("SELECT * FROM pipeline_trigger WHERE workspace = ? ORDER BY name LIMIT 1000", workspace).map(decode)
    }

    package func firings(of name: String, limit: Int) throws -> [TriggerFiring] {
        try transaction.rows(
            "SELECT * FROM trigger_firing WHERE workspace = ? AND name = ? ORDER BY time DESC, entry DESC LIMIT ?", workspace, name, limit
        ).map { row in
            TriggerFiring(
                trigger: try row["name"], entry: try row["entry"], execution: try row["execution"], blocked: try row["blocked"],
                time: try row["time"])
        }
    }

    package func hasFired(_ name: String, _ entry: String) throws -> Bool {
        try transaction.row(
            "SELECT 1 AS one FROM trigger_firing WHERE workspace = ? AND name = ? AND entry = ?", workspace, name, entry) != nil
    }

    package func insert(_ firing: TriggerFiring) throws {
        try transaction.execute(
            "INSERT INTO trigger_firing (workspace, name, entry, execution, blocked, time) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            workspace, firing.trigger, firing.entry, firing.execution, firing.blocked, firing.time)
    }

    private func decode(_ row: Row) throws -> Trigger {
        Trigger(
            name: try row["name"], verb: try row["verb"], resource: try row["resource"], pipeline: try row["pipeline"],
            parameters: try value([String: JSONValue].self, try row["parameters"]), author: try row["author"],
            created: try row["created"])
    }
}
