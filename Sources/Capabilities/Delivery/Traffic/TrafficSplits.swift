// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Rows of `traffic_split` and `traffic_state`, read by whoever answers requests.
package struct TrafficSplits {
    package let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Nil for an endpoint without a release.
    package func current(_ endpoint: String, in workspace: String) throws -> TrafficSplit? {
        let rows = try transaction.rows(
            """
            SELECT traffic_split.version AS version, revision, percent, since, salt FROM traffic_state
            JOIN traffic_split ON traffic_split.workspace = traffic_state.workspace AND traffic_split.endpoint = traffic_state.endpoint
                AND traffic_split.version = traffic_state.version
            WHERE traffic_state.workspace = ? AND traffic_state.endpoint = ?
            """, workspace, endpoint)
        guard let first = rows.first else { return nil }
        return try TrafficSplit(
            version: try first["version"], salt: try first["salt"], since: try first["since"],
            shares: rows.map { TrafficSplit.Share(revision: try $0["revision"], percent: try $0["percent"]) })
    }

    /// The share of a revision under an earlier split, 0…100: the weight a late label's request was routed with.
    package func percent(of revision: Int, at version: Int, of endpoint: String, in workspace: String) throws -> Int {
        try transaction.row(
            "SELECT percent FROM traffic_split WHERE workspace = ? AND endpoint = ? AND version = ? AND revision = ?", workspace, endpoint,
            version, revision
        ).map { try $0["percent"] } ?? 0
    }

    /// The split version of every endpoint whose split changed at or after `time`; of every endpoint without a time. One indexed query.
    ///
    /// Times are taken when a change begins, so ask again for a minute before the last poll.
    package func versions(changedSince time: Timestamp? = nil) throws -> [SplitVersion] {
        try transaction.rows(
            "SELECT workspace, endpoint, version FROM traffic_state WHERE changed >= ? ORDER BY workspace, endpoint",
            time ?? Timestamp(milliseconds: 0)
        ).map { SplitVersion(workspace: try $0["workspace"], endpoint: try $0["endpoint"], version: try $0["version"]) }
    }

    /// Replaces the split of an endpoint; earlier splits stay readable.
    ///
    /// - Throws: `Problem` `.internal` when the shares do not sum to 100.
    @discardableResult
    func replace(
        _ endpoint: String, in workspace: String, with shares: [TrafficSplit.Share], salt: String, at time: Timestamp
    ) throws -> TrafficSplit {
        let last: Int =
            try transaction.row("SELECT version FROM traffic_state WHERE workspace = ? AND endpoint = ?", workspace, endpoint)
            .map { try $0["version"] } ?? 0
        let split = try TrafficSplit(version: last + 1, salt: salt, since: time, shares: shares)
        for share in split.shares {
            try transaction.execute(
                "INSERT INTO traffic_split (workspace, endpoint, version, revision, percent, since) VALUES (?, ?, ?, ?, ?, ?)", workspace,
                endpoint, split.version, share.revision, share.percent, time)
        }
        try transaction.execute(
            """
            INSERT INTO traffic_state (workspace, endpoint, version, salt, changed) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (workspace, endpoint) DO UPDATE SET version = excluded.version, salt = excluded.salt, changed = excluded.changed
            """, workspace, endpoint, split.version, salt, time)
        return split
    }
}
