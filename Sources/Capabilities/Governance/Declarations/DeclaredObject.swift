// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// An object that a source declares, as it was last applied.
package struct DeclaredObject: Codable, Sendable, Equatable {
    package var kind: String
    package var name: String
    /// Who declares it; no other source changes or prunes it.
    package var source: String
    /// What the kind knows the object by.
    package var id: String
    /// Counts the specs that were applied, from 1.
    package var generation: Int
    /// Of the spec.
    package var digest: String
    /// As applied, with standard values filled in.
    package var spec: JSONValue
    /// As written.
    package var document: String
    package var file: String
    package var commit: String?
    package var author: String
    package var created: Timestamp
    package var applied: Timestamp

    package var key: DocumentKey { DocumentKey(kind: kind, name: name) }
}

/// What a document is about.
package struct DocumentKey: Codable, Hashable, Sendable, CustomStringConvertible {
    package var kind: String
    package var name: String

    package init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }

    package var description: String { "\(kind) '\(name)'" }
    /// As the ledger names it.
    package var resource: String { "document/\(kind)/\(name)" }
}

package struct DeclaredObjectTable {
    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func save(_ object: DeclaredObject) throws {
        try transaction.execute(
            """
            INSERT INTO declared_object (
                workspace, kind, name, source, object, generation, digest, spec, document, file, code_commit, author, created, applied)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, kind, name) DO UPDATE SET source = excluded.source, object = excluded.object,
                generation = excluded.generation, digest = excluded.digest, spec = excluded.spec, document = excluded.document,
                file = excluded.file, code_commit = excluded.code_commit, author = excluded.author, applied = excluded.applied
            """, workspace, object.kind, object.name, object.source, object.id, object.generation, object.digest,
            try object.spec.compactText(), object.document, object.file, object.commit, object.author, object.created, object.applied)
    }

    package func find(_ key: DocumentKey) throws -> DeclaredObject? {
        try transaction.row(
            "SELECT * FROM declared_object WHERE workspace = ? AND kind = ? AND name = ?", workspace, key.kind, key.name
        ).map(decode)
    }

    /// The object that stands for the kind's own `id`, under whatever name.
    package func find(kind: String, id: String) throws -> DeclaredObject? {
        try transaction.row("SELECT * FROM declared_object WHERE workspace = ? AND kind = ? AND object = ?", workspace, kind, id)
            .map(decode)
    }

    /// By kind and name; of one source, or of all.
    package func list(source: String?, after key: DocumentKey?, limit: Int) throws -> [DeclaredObject] {
        var sql = "SELECT * FROM declared_object WHERE workspace = ?"
        var values: [DatabaseValue] = [.text(workspace)]
        if let source {
            sql += " AND source = ?"
            values.append(.text(source))
        }
        if let key {
            sql += " AND (kind > ? OR (kind = ? AND name > ?))"
            values += [.text(key.kind), .text(key.kind), .text(key.name)]
        }
        return try transaction.rows(sql + " ORDER BY kind, name LIMIT \(limit)", values: values).map(decode)
    }

    package func delete(_ key: DocumentKey) throws {
        try transaction.execute(
            "DELETE FROM declared_object WHERE workspace = ? AND kind = ? AND name = ?", workspace, key.kind, key.name)
    }

    private func decode(_ row: Row) throws -> DeclaredObject {
        DeclaredObject(
            kind: try row["kind"], name: try row["name"], source: try row["source"], id: try row["object"],
            generation: try row["generation"], digest: try row["digest"], spec: try CanonicalSpec.parse(try row["spec"]),
            document: try row["document"], file: try row["file"], commit: try row["code_commit"], author: try row["author"],
            created: try row["created"], applied: try row["applied"])
    }
}
