// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// Rows of `data_contract`.
struct DataContractTable {
    let transaction: any Transaction
    let workspace: String

    func find(_ name: String) throws -> DataContract? {
        try transaction.row("\(Self.selection) WHERE workspace = ? AND name = ? AND deleted IS NULL", workspace, name).map(decode)
    }

    /// - Throws: `Problem` `.notFound`.
    func require(_ name: String) throws -> DataContract {
        guard let contract = try find(name) else {
            throw Problem(
                .notFound, "contracts.contract.unknown", "Data contract '\(name.printable)' does not exist.",
                fix: "List them: dhow contract list.")
        }
        return contract
    }

    /// Also of one that was deleted; 0 when there never was one.
    func lastRevision(_ name: String) throws -> Int {
        try transaction.row("SELECT revision FROM data_contract WHERE workspace = ? AND name = ?", workspace, name)?["revision"] ?? 0
    }

    /// By name, ascending.
    func list(after: String?, limit: Int) throws -> [DataContract] {
        try transaction.rows(
            "\(Self.selection) WHERE workspace = ? AND name > ? AND deleted IS NULL ORDER BY name LIMIT ?", workspace, after ?? "", limit
        ).map(decode)
    }

    func put(_ contract: DataContract) throws {
        try transaction.execute(
            """
            INSERT INTO data_contract (workspace, name, revision, document, created, changed) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET
                revision = excluded.revision, document = excluded.document, created = excluded.created, changed = excluded.changed,
                deleted = NULL
            """, workspace, contract.name, contract.revision, try ContractText.encode(contract.specification), contract.created,
            contract.changed)
    }

    func delete(_ name: String, at time: Timestamp) throws {
        try transaction.execute("UPDATE data_contract SET deleted = ? WHERE workspace = ? AND name = ?", time, workspace, name)
    }

    private static let selection = "SELECT document, revision, created, changed FROM data_contract"

    private func decode(_ row: Row) throws -> DataContract {
        DataContract(
            specification: try ContractText.decode(ContractSpecification.self, from: try row["document"]), revision: try row["revision"],
            created: try row["created"], changed: try row["changed"])
    }
}

/// Rows of `contract_report`.
struct ContractReportTable {
    let transaction: any Transaction
    let workspace: String

    func insert(_ report: ContractReport) throws {
        try transaction.execute(
            """
            INSERT INTO contract_report (workspace, id, contract, revision, snapshot, outcome, created, document)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, workspace, report.id, report.contract, report.revision, report.snapshot, report.outcome.rawValue, report.created,
            try ContractText.encode(report))
    }

    func find(_ id: String) throws -> ContractReport? {
        try transaction.row("SELECT document FROM contract_report WHERE workspace = ? AND id = ?", workspace, id).map(decode)
    }

    /// Newest first, those before the given id.
    func list(contract: String?, snapshot: String?, before id: String?, limit: Int) throws -> [ContractReport] {
        var sql = "SELECT document FROM contract_report WHERE workspace = ?"
        var values: [DatabaseValue] = [.text(workspace)]
        for (column, value, sign) in [("contract", contract, "="), ("snapshot", snapshot, "="), ("id", id, "<")] {
            guard let value else { continue }
            sql += " AND \(column) \(sign) ?"
            values.append(.text(value))
        }
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT \(limit)", values: values).map(decode)
    }

    private func decode(_ row: Row) throws -> ContractReport {
        try ContractText.decode(ContractReport.self, from: try row["document"])
    }
}

/// Documents as they are stored: JSON with sorted keys.
enum ContractText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw Problem(
                .internal, "contracts.document.unreadable", "A stored \(type) cannot be read.", why: "Its text was changed in the database."
            )
        }
    }
}
