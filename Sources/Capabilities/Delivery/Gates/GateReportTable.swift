// SPDX-License-Identifier: Apache-2.0

package import Backends
import Crypto
import Domain
import Foundation

/// Rows of `gate_report`; append-only.
package struct GateReportTable {
    package let transaction: any Transaction
    package let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    /// Keeps the findings under `id` and gives the report with its digest.
    func insert(_ findings: GateFindings, id: String) throws -> GateReport {
        let document = try DocumentText.encode(findings)
        let digest = Self.digest(of: document)
        try transaction.execute(
            "INSERT INTO gate_report (workspace, id, gate, model, version, outcome, created, digest, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            workspace, id, findings.specification.name, findings.model, findings.version, findings.outcome.rawValue, findings.created,
            digest,
            document)
        return GateReport(id: id, digest: digest, findings: findings)
    }

    package func find(_ id: String) throws -> GateReport? {
        try transaction.row("SELECT id, document FROM gate_report WHERE workspace = ? AND id = ?", workspace, id).map(decode)
    }

    /// The id of the last report of this gate about this version.
    func latest(gate: String, model: String, version: Int) throws -> String? {
        try transaction.row(
            "SELECT id FROM gate_report WHERE workspace = ? AND model = ? AND version = ? AND gate = ? ORDER BY id DESC LIMIT 1", workspace,
            model, version, gate
        ).map { try $0["id"] }
    }

    /// Of each gate that judged this version, its last report.
    func latestOutcomes(model: String, version: Int) throws -> [(gate: String, id: String, outcome: GateOutcome)] {
        try transaction.rows(
            """
            SELECT gate, id, outcome FROM gate_report AS report WHERE workspace = ? AND model = ? AND version = ?
                AND id = (SELECT MAX(id) FROM gate_report AS other WHERE other.workspace = report.workspace AND other.model = report.model
                    AND other.version = report.version AND other.gate = report.gate)
            ORDER BY gate
            """, workspace, model, version
        ).map { row in (try row["gate"], try row["id"], GateOutcome(rawValue: try row["outcome"]) ?? .failed) }
    }

    /// Newest first.
    func list(model: String, version: Int?, after: String?, limit: Int) throws -> [GateReport] {
        var sql = "SELECT id, document FROM gate_report WHERE workspace = ? AND model = ?"
        var values: [DatabaseValue] = [.text(workspace), .text(model)]
        if let version {
            sql += " AND version = ?"
            values.append(.integer(Int64(version)))
        }
        if let after {
            sql += " AND id < ?"
            values.append(.text(after))
        }
        values.append(.integer(Int64(PageLimit.clamp(limit))))
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT ?", values: values).map(decode)
    }

    /// The digest is taken from the text as it stands, so that a changed row no longer matches what was approved.
    private func decode(_ row: Row) throws -> GateReport {
        let document: String = try row["document"]
        return GateReport(
            id: try row["id"], digest: Self.digest(of: document), findings: try DocumentText.decode(GateFindings.self, from: document))
    }

    private static func digest(of document: String) -> BlobDigest {
        BlobDigest(sha256: SHA256.hash(data: Data(document.utf8)))
    }
}
