// SPDX-License-Identifier: Apache-2.0

package import Backends

/// What something was made from, and by whom it was used; written by the change that makes the user.
package struct LineageEdge: Hashable, Sendable {
    package enum Source: String, Sendable, DatabaseConvertible { case snapshot, run }
    package enum User: String, CaseIterable, Sendable, DatabaseConvertible {
        case execution, version
        case gateReport = "gate-report"
    }

    package var source: Source
    package var sourceID: String
    package var user: User
    package var userID: String

    package init(from source: Source, _ sourceID: String, to user: User, _ userID: String) {
        self.source = source
        self.sourceID = sourceID
        self.user = user
        self.userID = userID
    }
}

package struct LineageEdgeTable {
    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    /// Inserting an edge twice is inserting it once.
    package func insert(_ edges: [LineageEdge]) throws {
        try transaction.insert(
            into: "lineage_edge (workspace, source_kind, source, user_kind, user_id)",
            rows: Set(edges).map {
                [.text(workspace), $0.source.databaseValue, .text($0.sourceID), $0.user.databaseValue, .text($0.userID)]
            }, "ON CONFLICT DO NOTHING")
    }

    /// Users of one kind, newest first: their ids sort by time.
    package func users(_ user: LineageEdge.User, of source: LineageEdge.Source, _ id: String, limit: Int) throws -> [String] {
        try transaction.rows(
            """
            SELECT user_id FROM lineage_edge WHERE workspace = ? AND source_kind = ? AND source = ? AND user_kind = ?
            ORDER BY user_id DESC LIMIT \(limit)
            """, workspace, source, id, user
        ).map { try $0["user_id"] }
    }

    /// Ids of runs whose program named a dataset with this digest, newest first.
    package func runs(usingDigest digest: String, limit: Int) throws -> [String] {
        try transaction.rows(
            """
            SELECT DISTINCT run.id AS id FROM input_dataset JOIN run_input ON run_input.dataset = input_dataset.id
            JOIN run ON run.id = run_input.run
            WHERE input_dataset.digest = ? AND run.workspace = ? ORDER BY id DESC LIMIT \(limit)
            """, digest, workspace
        ).map { try $0["id"] }
    }

    /// For a user that is deleted and no longer to be followed.
    package func delete(to user: LineageEdge.User, _ id: String) throws {
        try transaction.execute("DELETE FROM lineage_edge WHERE workspace = ? AND user_kind = ? AND user_id = ?", workspace, user, id)
    }
}
