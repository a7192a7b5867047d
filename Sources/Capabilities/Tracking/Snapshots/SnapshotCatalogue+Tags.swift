// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Tags of snapshots, which may change, and how two of them differ.
extension SnapshotCatalogue {
    package static var maximumTags: Int { 100 }

    /// - Throws: `Problem` `.notFound` for an unknown snapshot.
    package func setTag(_ tag: Tag, on id: String, by caller: Caller) async throws {
        try TrackingKey.check(tag.key, of: "tag")
        let tag = Tag(tag.key, TrackingKey.shortened(tag.value, to: TrackingKey.maximumTagLength))
        try await change(id, "snapshot.tagged", tag.key, by: caller) { tags in
            try tags.set([tag], on: .text(id))
            guard try tags.tags(of: .text(id)).count <= Self.maximumTags else {
                throw Problem(
                    .rejected, "tracking.snapshot.tags", "The snapshot has \(Self.maximumTags) tags already.", fix: "Delete one first.")
            }
        }
    }

    package func deleteTag(_ key: String, of id: String, by caller: Caller) async throws {
        try await change(id, "snapshot.untagged", key, by: caller) { tags in
            guard try tags.delete(key, of: .text(id)) else {
                throw Problem(.notFound, "tracking.tag.unknown", "Snapshot '\(id.printable)' has no tag '\(key.printable)'.")
            }
        }
    }

    /// By snapshot, each sorted by key.
    package func tags(of ids: [String], by caller: Caller) async throws -> [String: [Tag]] {
        try await governor.read(.snapshotRead, by: caller) { try Self.tags(caller.workspace, $0).tags(of: ids) }
    }

    /// - Throws: `Problem` `.notFound` for an unknown snapshot.
    package func diff(from before: String, to after: String, by caller: Caller) async throws -> SnapshotDiff {
        SnapshotDiff(from: try await get(before, by: caller), to: try await get(after, by: caller))
    }

    private func change(
        _ id: String, _ verb: String, _ key: String, by caller: Caller, _ body: @escaping @Sendable (TagTable) throws -> Void
    ) async throws {
        _ = try await governor.change(.snapshotRecord, by: caller) { change in
            let table = SnapshotTable(transaction: change.transaction, workspace: change.workspace)
            guard let snapshot = try table.find(id) else { throw Snapshot.unknown(id) }
            try body(Self.tags(change.workspace, change.transaction))
            try change.record(verb, on: "snapshot/\(snapshot.dataset)/\(id)", ["key": .string(key)])
            return Nothing()
        }
    }

    private static func tags(_ workspace: String, _ transaction: any Transaction) -> TagTable {
        TagTable("snapshot_tag", of: "snapshot", in: workspace, transaction)
    }
}
