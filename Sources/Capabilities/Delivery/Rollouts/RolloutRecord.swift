// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// One transition of a rollout with all that it followed from; its digest stands in the ledger.
package struct RolloutRecord: Codable, Equatable, Sendable {
    /// Counts a rollout's transitions, from 1.
    package var number: Int
    package var time: Timestamp
    package var event: RolloutEvent
    package var frozen: String?
    package var before: RolloutState
    package var decision: RolloutDecision
    package var after: RolloutState
    /// A person's, where one acted.
    package var reason: String?
}

/// Rows of `rollout_record`; append-only.
struct RolloutRecordTable {
    let transaction: any Transaction
    let workspace: String

    func nextNumber(_ rollout: String) throws -> Int {
        try transaction.row(
            "SELECT COALESCE(MAX(number), 0) + 1 AS next FROM rollout_record WHERE workspace = ? AND rollout = ?", workspace, rollout
        ).map { try $0["next"] } ?? 1
    }

    /// - Parameter entry: Id of the ledger entry that holds the digest of `text`.
    func insert(_ text: String, number: Int, of rollout: String, entry: String) throws {
        try transaction.execute(
            "INSERT INTO rollout_record (workspace, rollout, number, entry, document) VALUES (?, ?, ?, ?, ?)", workspace, rollout, number,
            entry, text)
    }

    /// In order, at most 1000, each as it is stored.
    func list(_ rollout: String) throws -> [(entry: String, text: String)] {
        try transaction.rows(
            "SELECT entry, document FROM rollout_record WHERE workspace = ? AND rollout = ? ORDER BY number LIMIT 1000", workspace, rollout
        ).map { (try $0["entry"], try $0["document"]) }
    }
}
