// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import Governance

/// Rows of `stream`, with what hangs on them.
package struct StreamTable {
    let transaction: any Transaction
    let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func find(_ name: String) throws -> EventStream? {
        try transaction.row("SELECT * FROM stream WHERE workspace = ? AND name = ?", workspace, name).map(Self.decode)
    }

    /// In order of their names.
    func page(after name: String?, limit: Int) throws -> [EventStream] {
        try transaction.rows(
            "SELECT * FROM stream WHERE workspace = ? AND name > ? ORDER BY name LIMIT ?", workspace, name ?? "", limit
        ).map(Self.decode)
    }

    func count() throws -> Int {
        try transaction.row("SELECT COUNT(*) AS number FROM stream WHERE workspace = ?", workspace)?["number"] ?? 0
    }

    func save(_ stream: EventStream) throws {
        let text = try CanonicalSpec.encode(stream.specification).compactText()
        try transaction.execute(
            """
            INSERT INTO stream (workspace, name, specification, generation, author, created, changed, paused) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET specification = excluded.specification, generation = excluded.generation,
                author = excluded.author, changed = excluded.changed, paused = excluded.paused
            """, workspace, stream.name, text, stream.generation, stream.author, stream.created, stream.changed, stream.paused)
    }

    /// With what it has taken, where it is and what it could not take.
    func delete(_ name: String) throws {
        try transaction.execute("DELETE FROM stream WHERE workspace = ? AND name = ?", workspace, name)
        for table in ["stream_progress", "stream_position", "stream_event", "dead_letter"] {
            try transaction.execute("DELETE FROM \(table) WHERE workspace = ? AND stream = ?", workspace, name)
        }
    }

    /// Those of all workspaces that are not paused.
    static func running(in transaction: any Transaction) throws -> [(workspace: String, stream: EventStream)] {
        try transaction.rows("SELECT * FROM stream WHERE paused IS NULL ORDER BY workspace, name").map {
            (try $0["workspace"], try decode($0))
        }
    }

    private static func decode(_ row: Row) throws -> EventStream {
        let text: String = try row["specification"]
        return EventStream(
            specification: try JSONDecoder().decode(StreamSpecification.self, from: Data(text.utf8)), generation: try row["generation"],
            author: try row["author"], created: try row["created"], changed: try row["changed"], paused: try row["paused"])
    }
}
