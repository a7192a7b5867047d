// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// A declared quality gate as it stands.
package struct Gate: Codable, Equatable, Sendable {
    package var specification: GateSpecification
    /// Counts the specifications this gate has had, from 1.
    package var revision: Int
    package var created: Timestamp
    package var changed: Timestamp

    package var name: String { specification.name }
}

/// Rows of `quality_gate`; a deleted one keeps its count of revisions.
struct GateTable {
    let transaction: any Transaction
    let workspace: String

    func find(_ name: String) throws -> Gate? {
        try transaction.row("\(Self.selection) WHERE workspace = ? AND name = ? AND deleted IS NULL", workspace, name).map(decode)
    }

    /// - Throws: `Problem` `.notFound`.
    func require(_ name: String) throws -> Gate {
        guard let gate = try find(name) else {
            throw Problem(
                .notFound, "delivery.gate.unknown", "There is no declared quality gate '\(name.printable)'.",
                fix: "Declare it (kind: Gate) and apply it: dhow apply -f FOLDER.")
        }
        return gate
    }

    /// By name, ascending.
    func list(after: String?, limit: Int) throws -> [Gate] {
        try transaction.rows(
            "\(Self.selection) WHERE workspace = ? AND name > ? AND deleted IS NULL ORDER BY name LIMIT ?", workspace, after ?? "",
            PageLimit.clamp(limit)
        ).map(decode)
    }

    /// Also of one that was deleted; 0 when there never was one.
    func lastRevision(_ name: String) throws -> Int {
        try transaction.row("SELECT revision FROM quality_gate WHERE workspace = ? AND name = ?", workspace, name)?["revision"] ?? 0
    }

    func put(_ gate: Gate) throws {
        try transaction.execute(
            """
            INSERT INTO quality_gate (workspace, name, revision, document, created, changed) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET
                revision = excluded.revision, document = excluded.document, created = excluded.created, changed = excluded.changed,
                deleted = NULL
            """, workspace, gate.name, gate.revision, try DocumentText.encode(gate.specification), gate.created, gate.changed)
    }

    func delete(_ name: String, at time: Timestamp) throws {
        try transaction.execute("UPDATE quality_gate SET deleted = ? WHERE workspace = ? AND name = ?", time, workspace, name)
    }

    private static let selection = "SELECT document, revision, created, changed FROM quality_gate"

    private func decode(_ row: Row) throws -> Gate {
        Gate(
            specification: try DocumentText.decode(GateSpecification.self, from: try row["document"]), revision: try row["revision"],
            created: try row["created"], changed: try row["changed"])
    }
}
