// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// What came of events, keys that were used, and the executions of pipelines that triggers look at.
package struct TriggerFiringTable {
    private let transaction: any Transaction
    private let workspace: String
    private let trigger: String

    package init(of trigger: String, in workspace: String, _ transaction: any Transaction) {
        self.transaction = transaction
        self.workspace = workspace
        self.trigger = trigger
    }

    package func find(_ entry: String) throws -> TriggerFiring? {
        try transaction.row("SELECT * FROM trigger_firing WHERE workspace = ? AND name = ? AND entry = ?", workspace, trigger, entry).map(
            decode)
    }

    /// Newest first, before the place given.
    package func latest(before place: (time: Timestamp, entry: String)?, limit: Int) throws -> [TriggerFiring] {
        let time = place?.time ?? Timestamp(milliseconds: .max)
        return try transaction.rows(
            """
            SELECT * FROM trigger_firing WHERE workspace = ? AND name = ? AND (time < ? OR (time = ? AND entry < ?))
            ORDER BY time DESC, entry DESC LIMIT ?
            """, workspace, trigger, time, time, place?.entry ?? "", limit
        ).map(decode)
    }

    /// Oldest first. As few as a trigger lets wait.
    func pending() throws -> [TriggerFiring] {
        try transaction.rows(
            "SELECT * FROM trigger_firing WHERE workspace = ? AND name = ? AND state = 'pending' ORDER BY time, entry", workspace, trigger
        ).map(decode)
    }

    /// Asked for in this transaction first, so a conflict is with a transaction beside it: `DO NOTHING` makes Postgres run this one again.
    func insert(_ firing: TriggerFiring) throws {
        try transaction.execute(
            """
            INSERT INTO trigger_firing (workspace, name, entry, execution, blocked, time, state, reason, subject, event_key, parameters, depth,
                decided)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """, workspace, trigger, firing.entry, firing.execution, firing.blocked, firing.time, firing.state.rawValue,
            firing.reason?.rawValue, firing.subject, firing.key, try firing.parameters.map { try text($0) }, firing.depth, firing.decided)
    }

    func settle(_ firing: TriggerFiring) throws {
        try transaction.execute(
            """
            UPDATE trigger_firing SET state = ?, execution = ?, blocked = ?, reason = ?, parameters = NULL, decided = ?
            WHERE workspace = ? AND name = ? AND entry = ?
            """, firing.state.rawValue, firing.execution, firing.blocked, firing.reason?.rawValue, firing.decided, workspace, trigger,
            firing.entry)
    }

    func count(startedAfter time: Timestamp) throws -> Int {
        let row = try transaction.row(
            """
            SELECT COUNT(*) AS started FROM trigger_firing
            WHERE workspace = ? AND name = ? AND execution IS NOT NULL AND decided > ?
            """, workspace, trigger, time)
        return try row?["started"] ?? 0
    }

    /// The execution that was started for the key.
    func execution(for key: String) throws -> String? {
        try transaction.row(
            "SELECT execution FROM trigger_key WHERE workspace = ? AND name = ? AND event_key = ?", workspace, trigger, key
        ).map { try $0["execution"] }
    }

    func use(_ key: String, for execution: String, at time: Timestamp) throws {
        try transaction.execute(
            "INSERT INTO trigger_key (workspace, name, event_key, execution, time) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            workspace, trigger, key,
            execution, time)
    }

    /// How many executions that triggers started stand behind this one, itself included; 0 when no trigger started it.
    static func depth(of execution: String, in workspace: String, _ transaction: any Transaction) throws -> Int {
        try transaction.row(
            "SELECT depth FROM trigger_firing WHERE workspace = ? AND execution = ? LIMIT 1", workspace, execution
        ).map { row in
            let depth: Int = try row["depth"]
            return depth + 1
        } ?? 0
    }

    /// The same of the last execution that a trigger started.
    static func depth(ofLastBy trigger: String, in workspace: String, _ transaction: any Transaction) throws -> Int {
        try transaction.row(
            "SELECT depth FROM trigger_firing WHERE workspace = ? AND name = ? AND execution IS NOT NULL ORDER BY decided DESC, depth DESC LIMIT 1",
            workspace,
            trigger
        ).map { row in
            let depth: Int = try row["depth"]
            return depth + 1
        } ?? 0
    }

    /// Forgets what came of times and ledger entries before `time`, which are never seen again. Files and events that others send may be.
    static func forget(before time: Timestamp, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            DELETE FROM trigger_firing WHERE time < ? AND state = 'done' AND SUBSTR(entry, 1, 5) <> 'file/' AND SUBSTR(entry, 1, 5) <> 'http/'
            """, time)
    }

    private func decode(_ row: Row) throws -> TriggerFiring {
        let state: String = try row["state"]
        let reason: String? = try row["reason"]
        let parameters: String? = try row["parameters"]
        return TriggerFiring(
            trigger: try row["name"], entry: try row["entry"], state: TriggerFiring.State(rawValue: state) ?? .done,
            execution: try row["execution"], blocked: try row["blocked"], reason: reason.flatMap { TriggerFiring.Reason(rawValue: $0) },
            subject: try row["subject"], key: try row["event_key"],
            parameters: try parameters.map { try value([String: JSONValue].self, $0) }, depth: try row["depth"], time: try row["time"],
            decided: try row["decided"])
    }
}
