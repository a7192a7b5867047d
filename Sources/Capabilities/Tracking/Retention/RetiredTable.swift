// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// A thing whose time has come.
package struct Retired: Codable, Equatable, Sendable {
    package var id: String
    /// Of its artifacts beneath it.
    package var files: Int64
    package var bytes: Int64
    /// What its rows are kept under.
    var key: String
    var folder: String?
}

/// Finds what an experiment need not keep. Nothing is found that is held, or that a version, gate report or other user refers to.
///
/// The SQL of what refers to a run and a logged model is given by who knows the users: conditions on `run` and `logged_model`.
package struct RetiredTable {
    private static let never: Int64 = .max

    private let transaction: any Transaction
    private let workspace: String
    private let experiment: Int64
    private let runUsers: String
    private let modelUsers: String

    package init(transaction: any Transaction, workspace: String, experiment: Int64, runUsers: String, modelUsers: String) {
        self.transaction = transaction
        self.workspace = workspace
        self.experiment = experiment
        self.runUsers = runUsers
        self.modelUsers = modelUsers
    }

    /// Whether all of the experiment is held.
    package func isHeld() throws -> Bool {
        try transaction.row(
            "SELECT 1 AS one FROM experiment_tag WHERE experiment = ? AND key = ?", experiment, RetentionPolicy.holdTag) != nil
    }

    /// Whether the experiment itself was put away by then. The installation's first is for ever.
    package func isPutAway(by time: Timestamp) throws -> Bool {
        try experiment != 0
            && transaction.row(
                "SELECT 1 AS one FROM experiment WHERE id = ? AND workspace = ? AND lifecycle = 'deleted' AND deleted <= ?", experiment,
                workspace, time) != nil
    }

    /// Runs put away by then that may be purged, by id.
    package func runs(putAwayBy time: Timestamp, after id: String, limit: Int) throws -> [Retired] {
        try find(
            "run", "SELECT id, id AS key, location FROM run WHERE experiment = ? AND workspace = ? AND \(purgeableRun) AND id > ?",
            [.integer(experiment), .text(workspace), time.databaseValue, .text(id)], limit)
    }

    /// Runs that ended by then and that nothing refers to, by id.
    package func unreferredRuns(endedBy time: Timestamp, after id: String, limit: Int) throws -> [Retired] {
        try find(
            "run",
            """
            SELECT id, id AS key, location FROM run WHERE experiment = ? AND workspace = ? AND lifecycle = 'active'
            AND status IN ('FINISHED', 'FAILED', 'KILLED') AND COALESCE(ended, started) <= ? AND \(freeRun) AND id > ?
            """, [.integer(experiment), .text(workspace), time.databaseValue, .text(id)], limit)
    }

    /// - Parameter all: All that may be, because the experiment goes; else those put away by then.
    package func loggedModels(putAwayBy time: Timestamp, all: Bool, after id: String, limit: Int) throws -> [Retired] {
        try find(
            "logged_model",
            """
            SELECT id, id AS key, location FROM logged_model WHERE experiment = ? AND workspace = ? AND \(purgeableModel(all))
            AND id > ?
            """, [.integer(experiment), .text(workspace)] + (all ? [] : [time.databaseValue]) + [.text(id)], limit)
    }

    /// - Parameter time: Those that began by then; all when nil.
    package func traces(begunBy time: Timestamp?, after key: String, limit: Int) throws -> [Retired] {
        try find(
            "trace",
            """
            SELECT id, key, location FROM trace WHERE workspace = ? AND experiment = ? AND lifecycle = 'active' AND started <= ?
            AND \(freeTrace) AND key > ?
            """, [.text(workspace), .integer(experiment), .integer(time?.milliseconds ?? Self.never), .text(key)], limit)
    }

    /// Whether nothing would be left of the experiment when all that may be purged by then is.
    package func wouldBeEmpty(putAwayBy time: Timestamp) throws -> Bool {
        let kept = try transaction.row(
            """
            SELECT 1 AS one FROM run WHERE experiment = ? AND NOT (\(purgeableRun))
            UNION ALL SELECT 1 FROM logged_model WHERE experiment = ? AND NOT (\(purgeableModel(true)))
            UNION ALL SELECT 1 FROM trace WHERE workspace = ? AND experiment = ? AND lifecycle = 'active' AND NOT (\(freeTrace)) LIMIT 1
            """, experiment, time, experiment, workspace, experiment)
        return kept == nil
    }

    /// Begins the days of what was put away nobody knows when.
    package func startCounting(at time: Timestamp) throws {
        for table in ["run", "logged_model"] {
            try transaction.execute(
                "UPDATE \(table) SET deleted = ? WHERE experiment = ? AND workspace = ? AND lifecycle = 'deleted' AND deleted IS NULL",
                time,
                experiment, workspace)
        }
        try transaction.execute(
            "UPDATE experiment SET deleted = ? WHERE id = ? AND workspace = ? AND lifecycle = 'deleted' AND deleted IS NULL", time,
            experiment, workspace)
    }

    /// Whether `startCounting` has something to do.
    package func hasUncounted() throws -> Bool {
        try transaction.row(
            """
            SELECT 1 AS one FROM run WHERE experiment = ? AND lifecycle = 'deleted' AND deleted IS NULL
            UNION ALL SELECT 1 FROM logged_model WHERE experiment = ? AND lifecycle = 'deleted' AND deleted IS NULL
            UNION ALL SELECT 1 FROM experiment WHERE id = ? AND lifecycle = 'deleted' AND deleted IS NULL LIMIT 1
            """, experiment, experiment, experiment) != nil
    }

    // MARK: - Conditions

    private var purgeableRun: String {
        "run.lifecycle = 'deleted' AND COALESCE(run.deleted, \(Self.never)) <= ? AND \(freeRun)"
    }

    private var freeRun: String {
        """
        NOT (\(runUsers)) AND NOT EXISTS (SELECT 1 FROM lineage_edge WHERE lineage_edge.workspace = run.workspace
        AND lineage_edge.source_kind = 'run' AND lineage_edge.source = run.id)
        AND NOT EXISTS (SELECT 1 FROM run_tag WHERE run_tag.run = run.id AND run_tag.key = '\(RetentionPolicy.holdTag)')
        AND NOT EXISTS (SELECT 1 FROM logged_model WHERE logged_model.run = run.id AND NOT (\(freeModel)))
        """
    }

    private func purgeableModel(_ all: Bool) -> String {
        all ? freeModel : "logged_model.lifecycle = 'deleted' AND COALESCE(logged_model.deleted, \(Self.never)) <= ? AND \(freeModel)"
    }

    private var freeModel: String {
        """
        NOT (\(modelUsers)) AND NOT EXISTS (SELECT 1 FROM logged_model_tag WHERE logged_model_tag.model = logged_model.id
        AND logged_model_tag.key = '\(RetentionPolicy.holdTag)')
        """
    }

    private var freeTrace: String {
        "NOT EXISTS (SELECT 1 FROM trace_tag WHERE trace_tag.trace = trace.key AND trace_tag.key = '\(RetentionPolicy.holdTag)')"
    }

    /// In the order of their keys, with what lies beneath them.
    private func find(_ table: String, _ sql: String, _ values: [DatabaseValue], _ limit: Int) throws -> [Retired] {
        let files = ArtifactTable(transaction: transaction, workspace: workspace)
        return try transaction.rows("\(sql) ORDER BY \(table == "trace" ? "key" : "id") LIMIT \(limit)", values: values).map { row in
            let location: ArtifactLocation = try row["location"]
            var retired = Retired(id: try row["id"], files: 0, bytes: 0, key: try row["key"])
            // What does not lie in a folder of its own is not its own.
            if case .stored(let folder) = location, folder.segments.contains(retired.id) {
                (retired.files, retired.bytes) = try files.size(below: folder)
                retired.folder = folder.text
            }
            return retired
        }
    }
}

extension Retired {
    /// An experiment of which nothing is left.
    package init(experiment: Int64) {
        self.init(id: String(experiment), files: 0, bytes: 0, key: String(experiment))
    }

    /// What a list of these goes on after.
    package var place: String { key }
}
