// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

extension Rollouts {
    /// Computes every transition of a rollout again, from its records, and compares them with the ledger and with what stands.
    package func replay(_ id: String, by caller: Caller) async throws -> RolloutReplay {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            let rollout = try RolloutTable(transaction: transaction, workspace: caller.workspace).require(id)
            let records = try RolloutRecordTable(transaction: transaction, workspace: caller.workspace).list(id)
            let ledger = LedgerReader(transaction: transaction)
            return try RolloutReplay(
                of: rollout,
                records.map { record in
                    let payload = try ledger.entry(id: record.entry)?.entry.payload
                    return (record.entry, record.text, payload?[RolloutTransition.recordDigest]?.text)
                })
        }
    }
}
