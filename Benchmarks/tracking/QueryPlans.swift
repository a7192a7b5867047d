// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import SQLite
import TestSupport
import Tracking

/// The statements that searches run, as SQLite plans them.
struct QueryPlans {
    let folder: URL

    func print() async throws {
        let file = try SQLiteDatabase(path: folder.appending(path: "plans.sqlite").path)
        try await Migrator([GovernanceMigrations.list, LedgerMigrations.list, TrackingMigrations.list]).migrate(file)
        let database = RecordingDatabase(file)
        let clock = SystemWallClock()
        let governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        let runs = RunTracking(governor: governor)
        let caller = Caller.controller("bench", in: "default")
        let run = try await runs.create(in: 0, name: "run", by: caller)
        try await database.describe("runs, by a metric and a param, the best first") {
            _ = try await runs.search(
                "metrics.auc > 0.5 and params.depth = '3'", in: [0], order: ["metrics.auc DESC"], limit: 100, by: caller)
        }
        try await database.describe("runs, the newest first") {
            _ = try await runs.search("", in: [0], limit: 1_000, by: caller)
        }
        try await database.describe("a page of a metric's history") {
            _ = try await runs.history(of: "loss", in: run.id, after: nil, limit: 25_000, by: caller)
        }
        try await database.describe("a metric's history, thinned to 1,000 points") {
            _ = try await runs.sampledHistory(of: "loss", in: [run.id], from: nil, through: nil, limit: 1_000, by: caller)
        }
        try await database.describe("experiments, the last changed first") {
            _ = try await ExperimentTracking(governor: governor).search("", limit: 1_000, by: caller)
        }
        await file.close()
    }
}

extension RecordingDatabase {
    fileprivate func describe(_ what: String, _ body: () async throws -> Void) async throws {
        forget()
        try await body()
        say("\n\(what)")
        for (sql, values) in statements {
            say("  " + sql.split(whereSeparator: \.isWhitespace).joined(separator: " "))
            for step in try await plan(of: sql, values) { say("    " + step) }
        }
    }
}
