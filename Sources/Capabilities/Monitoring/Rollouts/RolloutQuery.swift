// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Delivery
import Domain
import Foundation
import Serving

/// A plan's SQL guards: one `SELECT` that gives one number, over the table `predictions` of the rollout's own answers.
///
/// The rows are copied to a private folder and asked by the analytical engine, which reads them and nothing else.
package struct RolloutQuery: Sendable {
    /// The newest are taken of more.
    package static let maximumRows = 100_000

    private let database: any Database
    private let engine: any AnalyticalEngine
    private let folder: String

    /// - Parameter folder: Where a private folder is made for each query.
    package init(database: any Database, engine: any AnalyticalEngine, folder: String) {
        self.database = database
        self.engine = engine
        self.folder = folder
    }

    private static let columns = [
        "id", "revision", "is_candidate", "candidate_percent", "score", "label", "microseconds", "request_rows", "logged", "inputs",
    ]

    private static let projection = [
        "id", "CAST(revision AS BIGINT) AS revision", "CAST(is_candidate AS BOOLEAN) AS is_candidate",
        "CAST(candidate_percent AS BIGINT) AS candidate_percent", "CAST(score AS DOUBLE) AS score", "CAST(label AS DOUBLE) AS label",
        "CAST(microseconds AS BIGINT) AS microseconds", "CAST(request_rows AS BIGINT) AS request_rows",
        "make_timestamp(CAST(logged AS BIGINT) * 1000) AS logged", "inputs",
    ]

    /// - Throws: `Problem` whose `why` says why there is no number, without repeating rows.
    package func value(of rule: OutsideGuard, for rollout: Rollout, in workspace: String) async throws -> Double {
        let limits = {
            var limits = AnalyticalLimits()
            (limits.memoryBytes, limits.threads, limits.seconds, limits.diskBytes) = (512 << 20, 1, 30, 2 << 30)
            return limits
        }()
        let rows = try await rows(of: rollout, in: workspace)
        let answer = try await AnalysisFolder.with(in: folder, named: "guard-\(UUID().uuidString)") { folder in
            try folder.write(rows, as: "predictions.csv")
            let table = try await engine.load(
                AnalyticalSource(.csv(columns: Self.columns), files: ["predictions.csv"]), as: "predictions", in: folder, limits: limits)
            return try await engine.answer(
                [AnalyticalQuery(rule.query ?? "", maximumRows: 2)],
                over: [AnalyticalRelation("predictions", table, projection: Self.projection)], in: folder, limits: limits)
        }
        switch answer.outcomes.first {
        case .rows(let rows)?:
            guard rows.count == 1, let row = rows.first, row.count == 1, let text = row.first?.value, let value = Double(text) else {
                throw unreadable("The query does not give one number.")
            }
            return value
        // Messages about the form of a query repeat the query; those of its work may repeat values.
        case .failed(let kind, let message)?:
            let isForm = ["Parser Error", "Binder Error", "Catalog Error", "Permission Error"].contains(kind)
            throw unreadable(isForm ? "\(kind): \(message)" : "The query cannot be answered: \(kind).")
        case .stopped(let limit)?: throw unreadable("The query reached its limit of \(limit.rawValue).")
        case .skipped?, nil: throw unreadable("The query was not answered.")
        }
    }

    private func rows(of rollout: Rollout, in workspace: String) async throws -> String {
        try await database.read { transaction in
            var text = Self.columns.joined(separator: ",") + "\n"
            try transaction.forEachRow(
                """
                SELECT prediction.id AS id, revision, candidate_percent, score, label.value AS label, microseconds, request_rows, logged, inputs
                FROM prediction LEFT JOIN label ON label.workspace = prediction.workspace AND label.endpoint = prediction.endpoint
                    AND label.prediction = prediction.id
                WHERE prediction.workspace = ? AND prediction.endpoint = ? AND candidate = ? AND logged >= ?
                ORDER BY logged DESC, prediction.id DESC LIMIT ?
                """,
                values: [
                    .text(workspace), .text(rollout.endpoint), .integer(Int64(rollout.candidate)), .integer(rollout.started.milliseconds),
                    .integer(Int64(Self.maximumRows)),
                ]
            ) { row in
                let (revision, percent, logged): (Int, Int, Int64) = (
                    try row["revision"], try row["candidate_percent"], try row["logged"]
                )
                let (score, label): (Double?, Double?) = (try row["score"], try row["label"])
                let (microseconds, requestRows): (Int64?, Int64?) = (try row["microseconds"], try row["request_rows"])
                let (id, inputs): (String, String) = (try row["id"], try row["inputs"])
                let isCandidate = revision == rollout.candidate
                var fields: [String] = [Self.quoted(id), String(revision), String(isCandidate), String(percent)]
                fields += [Self.field(score), Self.field(label), Self.field(microseconds), Self.field(requestRows)]
                fields += [String(logged), Self.quoted(inputs)]
                text += fields.joined(separator: ",") + "\n"
            }
            return text
        }
    }

    private static func field(_ value: (some CustomStringConvertible)?) -> String { value.map { $0.description } ?? "" }

    private static func quoted(_ text: String) -> String {
        let inner: String = text.replacing("\"", with: "\"\"")
        return "\"\(inner)\""
    }

    private func unreadable(_ why: String) -> Problem {
        Problem(.unavailable, "delivery.guard.unreadable", "A guard could not be read.", why: why)
    }
}
