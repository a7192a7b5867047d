// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Deletes predictions that are older than their endpoint keeps them, with their labels and mirrored answers.
package struct PredictionRetention: Sendable {
    /// Predictions of one transaction, so that none holds the writer for long.
    private static let batch = 5_000

    private let governor: Governor
    private let archive: PredictionArchive

    package init(governor: Governor, archive: PredictionArchive) {
        self.governor = governor
        self.archive = archive
    }

    /// One pass over all endpoints; what it deleted is in the ledger.
    package func enforce() async throws {
        let retained = try await governor.database.read { try EndpointSettingsTable(transaction: $0).retained() }
        for (endpoint, days) in retained {
            let limit = governor.clock.now() - .seconds(days * 86_400)
            while try await delete(from: endpoint, before: limit) == Self.batch {}
            try await archive.delete(from: endpoint, before: limit)
        }
    }

    private func delete(from endpoint: EndpointName, before limit: Timestamp) async throws -> Int {
        let caller = Caller.controller("serving", in: endpoint.workspace)
        let due = try await governor.database.read { transaction in
            try transaction.rows(
                "SELECT time, id FROM prediction WHERE workspace = ? AND endpoint = ? AND time < ? ORDER BY time, id LIMIT ?",
                endpoint.workspace, endpoint.name, limit, Self.batch
            ).map { (time: try $0["time"] as Timestamp, id: try $0["id"] as String) }
        }
        guard let last = due.last else { return 0 }
        return try await governor.change(.endpointWrite, by: caller) { change in
            let scope = "workspace = ? AND endpoint = ? AND (time < ? OR (time = ? AND id <= ?))"
            let bounds: [DatabaseValue] = [
                .text(endpoint.workspace), .text(endpoint.name), .integer(last.time.milliseconds), .integer(last.time.milliseconds),
                .text(last.id),
            ]
            for (table, key) in [("label", "prediction"), ("label_history", "prediction"), ("shadow_prediction", "id")] {
                try change.transaction.execute(
                    "DELETE FROM \(table) WHERE workspace = ? AND endpoint = ? AND \(key) IN (SELECT id FROM prediction WHERE \(scope))",
                    values: [.text(endpoint.workspace), .text(endpoint.name)] + bounds)
            }
            let deleted = try change.transaction.execute("DELETE FROM prediction WHERE \(scope)", values: bounds)
            try change.record(
                "predictions-deleted", on: "endpoint/\(endpoint.name)",
                ["endpoint": .string(endpoint.name), "predictions": .integer(Int64(deleted)), "before": .integer(limit.milliseconds)])
            return due.count
        }
    }
}
