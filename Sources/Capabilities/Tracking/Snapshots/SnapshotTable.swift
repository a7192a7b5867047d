// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation

package struct SnapshotTable {
    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    /// - Returns: The snapshot with its number in the dataset.
    func insert(_ snapshot: Snapshot) throws -> Snapshot {
        var snapshot = snapshot
        try transaction.execute(
            "INSERT INTO dataset (workspace, name, created) VALUES (?, ?, ?) ON CONFLICT (workspace, name) DO NOTHING", workspace,
            snapshot.dataset, snapshot.recorded)
        let last = try transaction.row(
            "SELECT ordinal FROM snapshot WHERE workspace = ? AND dataset = ? ORDER BY ordinal DESC LIMIT 1", workspace, snapshot.dataset)
        snapshot.ordinal = try last.map { row in try row["ordinal"] as Int64 + 1 } ?? 1
        try transaction.execute(
            """
            INSERT INTO snapshot (workspace, id, dataset, ordinal, recorded, author, jurisdiction, classifications, row_count, schema, profile)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            workspace, snapshot.id, snapshot.dataset, snapshot.ordinal, snapshot.recorded, snapshot.author, snapshot.labels.jurisdiction,
            try text(snapshot.labels.classifications), snapshot.rowCount, try text(snapshot.columns), try snapshot.profile.map(text))
        try transaction.insert(
            into: "snapshot_file (workspace, snapshot, name, digest, size)",
            rows: snapshot.files.map { [.text(workspace), .text(snapshot.id), .text($0.name), $0.digest.databaseValue, .integer($0.size)] })
        return snapshot
    }

    package func find(_ id: String) throws -> Snapshot? {
        try transaction.row("SELECT * FROM snapshot WHERE workspace = ? AND id = ?", workspace, id).map(decode)
    }

    /// Newest first.
    package func latest(of dataset: String, offset: Int, count: Int) throws -> [Snapshot] {
        try transaction.rows(
            "SELECT * FROM snapshot WHERE workspace = ? AND dataset = ? ORDER BY ordinal DESC LIMIT \(count) OFFSET \(offset)", workspace,
            dataset
        ).map(decode)
    }

    /// Newest first, those before the given number.
    package func page(of dataset: String, before ordinal: Int64?, limit: Int) throws -> [Snapshot] {
        try transaction.rows(
            "SELECT * FROM snapshot WHERE workspace = ? AND dataset = ? AND ordinal < ? ORDER BY ordinal DESC LIMIT \(limit)", workspace,
            dataset, ordinal ?? .max
        ).map(decode)
    }

    func datasets(after name: String?, limit: Int) throws -> [String] {
        try transaction.rows(
            "SELECT name FROM dataset WHERE workspace = ? AND name > ? ORDER BY name LIMIT \(limit)", workspace, name ?? ""
        ).map { try $0["name"] }
    }

    private func decode(_ row: Row) throws -> Snapshot {
        let id: String = try row["id"]
        let files = try transaction.rows(
            "SELECT name, digest, size FROM snapshot_file WHERE workspace = ? AND snapshot = ? ORDER BY name", workspace, id
        ).map { SnapshotFile(name: try $0["name"], digest: try $0["digest"], size: try $0["size"]) }
        let profile: String? = try row["profile"]
        return Snapshot(
            id: id, dataset: try row["dataset"], ordinal: try row["ordinal"], recorded: try row["recorded"], author: try row["author"],
            labels: try SnapshotLabels(jurisdiction: try row["jurisdiction"], classifications: try value(row["classifications"])),
            files: files.sorted { $0.name < $1.name }, rowCount: try row["row_count"], columns: try value(row["schema"]),
            profile: try profile.map(value))
    }

    private func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func value<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}
