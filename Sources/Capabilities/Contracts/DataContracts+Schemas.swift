// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
package import Tracking

/// Contracts drafted from snapshots, and how the columns of one snapshot become those of another.
extension DataContracts {
    /// A contract that the snapshot keeps: from its profile, or by reading its files when it has none.
    ///
    /// - Parameter name: The contract's; the dataset's when nil.
    package func draft(from snapshotID: String, named name: String? = nil, by caller: Caller) async throws -> ContractDraft {
        let snapshot = try await snapshots.get(snapshotID, by: caller)
        let (columns, rows) = try await facts(of: snapshot)
        return ContractDraft(
            name: try ResourceName.check(name ?? snapshot.dataset, of: "data contract"), dataset: snapshot.dataset, rows: rows,
            columns: columns)
    }

    package func evolution(from before: String, to after: String, by caller: Caller) async throws -> SchemaEvolution {
        let (old, new) = (try await snapshots.get(before, by: caller), try await snapshots.get(after, by: caller))
        return SchemaEvolution(from: try await facts(of: old).columns, to: try await facts(of: new).columns)
    }

    /// The same from what is known without reading files, for gates that demand it; nil when a snapshot has no profile.
    package static func evolution(from before: Snapshot, to after: Snapshot) -> SchemaEvolution? {
        guard let old = ColumnFacts.of(before), let new = ColumnFacts.of(after) else { return nil }
        return SchemaEvolution(from: old, to: new)
    }

    private func facts(of snapshot: Snapshot) async throws -> (columns: [ColumnFacts], rows: Int64?) {
        if let known = ColumnFacts.of(snapshot) { return (known, snapshot.rowCount) }
        return try await inFolder { folder in
            let source = try await receive(snapshot, as: "data", in: folder)
            let table = try await engine.load(source, as: "data", in: folder, limits: AnalyticalLimits())
            return (try await ColumnFacts.of(table, by: engine, in: folder), table.rowCount)
        }
    }
}
