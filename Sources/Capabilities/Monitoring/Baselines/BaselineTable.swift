// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// The baseline of one model version under one monitor.
package struct Baseline: Codable, Equatable, Sendable {
    package var monitor: String
    package var model: String
    package var version: Int
    /// Where its rows came from, for people: `window 1356998400000-1359676800000`, `file`, `profile`.
    package var source: String
    package var profile: BaselineProfile
    package var created: Timestamp
    package var createdBy: String
}

/// Rows of `baseline`, `baseline_sample` and `baseline_row_sample`.
struct BaselineTable {
    let transaction: any Transaction
    let workspace: String

    func find(_ monitor: String, _ model: String, _ version: Int, withSamples: Bool) throws -> Baseline? {
        let row = try transaction.row(
            "\(Self.selection) WHERE workspace = ? AND monitor = ? AND model = ? AND version = ?", workspace, monitor, model, version)
        guard let row else { return nil }
        var baseline = try decode(row)
        guard withSamples else { return baseline }
        try transaction.forEachRow(
            "SELECT feature, sorted_values FROM baseline_sample WHERE workspace = ? AND monitor = ? AND model = ? AND version = ?",
            values: [.text(workspace), .text(monitor), .text(model), .integer(Int64(version))]
        ) { row in
            baseline.profile.samples[try row["feature"]] = Self.doubles(try row["sorted_values"])
        }
        let rows = try transaction.row(
            "SELECT document FROM baseline_row_sample WHERE workspace = ? AND monitor = ? AND model = ? AND version = ?", workspace,
            monitor,
            model, version)
        baseline.profile.rows = try rows.map { try DocumentText.decode(RowSample.self, from: try $0["document"]) }
        return baseline
    }

    /// Newest first, without samples.
    func list(_ monitor: String) throws -> [Baseline] {
        try transaction.rows(
            "\(Self.selection) WHERE workspace = ? AND monitor = ? ORDER BY created DESC, model, version DESC LIMIT 1000", workspace,
            monitor
        ).map(decode)
    }

    /// Replaces the baseline that the version had.
    func put(_ baseline: Baseline) throws {
        var stored = baseline.profile
        stored.samples = [:]
        stored.rows = nil
        try transaction.execute(
            """
            INSERT INTO baseline (workspace, monitor, model, version, source, document, created, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, monitor, model, version) DO UPDATE SET
                source = excluded.source, document = excluded.document, created = excluded.created, created_by = excluded.created_by
            """, workspace, baseline.monitor, baseline.model, baseline.version, baseline.source, try DocumentText.encode(stored),
            baseline.created, baseline.createdBy)
        try transaction.execute(
            "DELETE FROM baseline_sample WHERE workspace = ? AND monitor = ? AND model = ? AND version = ?", workspace, baseline.monitor,
            baseline.model, baseline.version)
        try transaction.execute(
            "DELETE FROM baseline_row_sample WHERE workspace = ? AND monitor = ? AND model = ? AND version = ?", workspace,
            baseline.monitor,
            baseline.model, baseline.version)
        if let rows = baseline.profile.rows {
            try transaction.execute(
                "INSERT INTO baseline_row_sample (workspace, monitor, model, version, document) VALUES (?, ?, ?, ?, ?)", workspace,
                baseline.monitor, baseline.model, baseline.version, try DocumentText.encode(rows))
        }
        for (feature, values) in baseline.profile.samples {
            try transaction.execute(
                "INSERT INTO baseline_sample (workspace, monitor, model, version, feature, sorted_values) VALUES (?, ?, ?, ?, ?, ?)",
                workspace, baseline.monitor, baseline.model, baseline.version, feature, Self.bytes(values))
        }
    }

    private static let selection = "SELECT monitor, model, version, source, document, created, created_by FROM baseline"

    private func decode(_ row: Row) throws -> Baseline {
        Baseline(
            monitor: try row["monitor"], model: try row["model"], version: try row["version"], source: try row["source"],
            profile: try DocumentText.decode(BaselineProfile.self, from: try row["document"]), created: try row["created"],
            createdBy: try row["created_by"])
    }

    private static func bytes(_ values: [Double]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 8)
        for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    private static func doubles(_ bytes: [UInt8]) -> [Double] {
        stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
            var pattern: UInt64 = 0
            for offset in (0..<8).reversed() { pattern = pattern << 8 | UInt64(bytes[start + offset]) }
            return Double(bitPattern: pattern)
        }
    }
}
