// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Imports of one workspace, and which thing of ours each thing of a source became.
package struct ImportTable {
    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func insert(_ item: Import) throws {
        try transaction.execute(
            "INSERT INTO import (id, workspace, source, state, position, begun, updated) VALUES (?, ?, ?, ?, ?, ?, ?)", item.id, workspace,
            item.source, item.state, item.position, item.begun, item.updated)
    }

    package func update(_ item: Import) throws {
        try transaction.execute(
            "UPDATE import SET state = ?, position = ?, updated = ? WHERE id = ?", item.state, item.position, item.updated, item.id)
    }

    package func find(source: String) throws -> Import? {
        try transaction.row("SELECT * FROM import WHERE workspace = ? AND source = ?", workspace, source).map(Self.decode)
    }

    /// - Throws: `Problem` `.notFound`.
    package func get(_ id: String) throws -> Import {
        guard let row = try transaction.row("SELECT * FROM import WHERE id = ? AND workspace = ?", id, workspace) else {
            throw Problem(
                .notFound, "import.unknown", "There is no import '\(id.printable)'.", fix: "List them: GET /api/v1/imports.")
        }
        return try Self.decode(row)
    }

    /// By id, after the given one.
    package func list(after id: String?, limit: Int) throws -> [Import] {
        try transaction.rows(
            "SELECT * FROM import WHERE workspace = ? AND id > ? ORDER BY id LIMIT \(limit)", workspace, id ?? ""
        ).map(Self.decode)
    }

    /// What the thing of the source is called here; nil when it has not come over.
    package func target(of origin: String, _ kind: ImportedKind, in id: String) throws -> String? {
        let row = try transaction.row(
            "SELECT target FROM imported WHERE import = ? AND kind = ? AND origin = ?", id, kind, origin)
        return try row.map { try $0["target"] }
    }

    package func note(_ origin: String, as target: String, _ kind: ImportedKind, in id: String) throws {
        try transaction.execute(
            """
            INSERT INTO imported (import, kind, origin, target) VALUES (?, ?, ?, ?)
            ON CONFLICT (import, kind, origin) DO UPDATE SET target = excluded.target
            """, id, kind, origin, target)
    }

    private static func decode(_ row: Row) throws -> Import {
        Import(
            id: try row["id"], source: try row["source"], state: try row["state"], position: try row["position"], begun: try row["begun"],
            updated: try row["updated"])
    }
}
