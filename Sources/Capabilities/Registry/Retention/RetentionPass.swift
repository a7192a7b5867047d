// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Governance
import Tracking

/// One passage over a workspace, experiment by experiment.
///
/// What is purged is looked for before runs are put away, so that nothing is put away and purged in one pass, and a dry run tells the
/// same as the pass that follows it.
struct RetentionPass {
    /// Things of one transaction.
    static let batch = 200

    private let governor: Governor
    private let caller: Caller
    private let now: Timestamp
    private(set) var report: RetentionReport

    init(governor: Governor, caller: Caller, isDryRun: Bool) {
        self.governor = governor
        var caller = caller
        // A pass is many changes, for which one key cannot stand.
        caller.idempotency = nil
        self.caller = caller
        now = governor.clock.now()
        report = RetentionReport(isDryRun: isDryRun)
    }

    mutating func run() async throws {
        if !report.isDryRun { try await free() }
        let workspace = caller.workspace
        let policies = try await governor.read(.retentionManage, by: caller) {
            try RetentionPolicyTable(transaction: $0, workspace: workspace).list()
        }
        let general = policies.first { $0.experiment == nil }
        var last: Int64 = -1
        while true {
            let (after, only) = (last, general == nil ? policies.compactMap(\.experiment) : nil)
            let ids = try await governor.read(.retentionManage, by: caller) { transaction in
                try transaction.rows(
                    "SELECT id FROM experiment WHERE workspace = ? AND id > ? ORDER BY id LIMIT \(Self.batch)", workspace, after
                ).map { try $0["id"] as Int64 }
            }
            guard let end = ids.last else { break }
            last = end
            for id in ids where only?.contains(id) ?? true {
                guard let policy = policies.first(where: { $0.experiment == id }) ?? general else { continue }
                try await keep(id, policy)
            }
        }
        if !report.isDryRun { try await free() }
    }

    private mutating func keep(_ experiment: Int64, _ policy: RetentionPolicy) async throws {
        let isHeld = try await read(experiment) { try $0.isHeld() }
        guard !isHeld else { return }
        var goes = false
        if let days = policy.deletedDays { goes = try await purge(experiment, by: limit(days)) }
        if let days = policy.traceDays, !goes {
            let limit = limit(days)
            try await each(.deleteTraces, experiment) {
                try $0.traces(begunBy: limit, after: $1, limit: Self.batch)
            } _: {
                try $0.traces($1)
            }
        }
        if let days = policy.unreferredDays {
            let (limit, now) = (limit(days), now)
            try await each(.putRunsAway, experiment) {
                try $0.unreferredRuns(endedBy: limit, after: $1, limit: Self.batch)
            } _: {
                try $0.putAway($1, at: now)
            }
        }
        if !report.isDryRun, policy.deletedDays != nil { try await startCounting(experiment) }
    }

    /// - Returns: Whether the experiment itself was put away by then, so that all of it goes that may.
    private mutating func purge(_ experiment: Int64, by limit: Timestamp) async throws -> Bool {
        let goes = try await read(experiment) { try $0.isPutAway(by: limit) }
        let isEmptied = goes ? try await read(experiment) { try $0.wouldBeEmpty(putAwayBy: limit) } : false
        try await each(.purgeRuns, experiment) {
            try $0.runs(putAwayBy: limit, after: $1, limit: Self.batch)
        } _: {
            try $0.runs($1)
        }
        try await each(.purgeLoggedModels, experiment) {
            // Somebody may have restored the experiment meanwhile.
            try $0.loggedModels(putAwayBy: limit, all: try goes && $0.isPutAway(by: limit), after: $1, limit: Self.batch)
        } _: {
            try $0.loggedModels($1)
        }
        if goes {
            try await each(.deleteTraces, experiment) {
                try $0.isPutAway(by: limit) ? $0.traces(begunBy: nil, after: $1, limit: Self.batch) : []
            } _: {
                try $0.traces($1)
            }
        }
        guard isEmptied else { return goes }
        // Looked at again in the transaction that removes it: something may have come meanwhile.
        let isDryRun = report.isDryRun
        try await each(.purgeExperiments, experiment) { table, place in
            guard place.isEmpty else { return [] }
            let isStill = isDryRun ? true : try table.isPutAway(by: limit) && table.wouldBeEmpty(putAwayBy: limit)
            return isStill ? [Retired(experiment: experiment)] : []
        } _: { purge, _ in
            try purge.experiment(experiment)
        }
        return goes
    }

    /// Finds batch after batch, and does with each what is to be done; a dry run only goes through them.
    private mutating func each(
        _ action: RetentionReport.Action, _ experiment: Int64, _ find: @escaping @Sendable (RetiredTable, String) throws -> [Retired],
        _ body: @escaping @Sendable (Purge, [Retired]) throws -> Void
    ) async throws {
        var place = ""
        while true {
            let after = place
            let found =
                report.isDryRun
                ? try await read(experiment) { try find($0, after) }
                : try await change { change in
                    let table = Self.table(experiment, change.workspace, change.transaction)
                    let found = try table.isHeld() ? [] : find(table, after)
                    guard !found.isEmpty else { return found }
                    try body(Purge(transaction: change.transaction, workspace: change.workspace), found)
                    try Self.record(action, found, of: experiment, in: change)
                    return found
                }
            report.add(action, found)
            guard found.count == Self.batch, let last = found.last else { return }
            place = last.place
        }
    }

    private static func record(_ action: RetentionReport.Action, _ found: [Retired], of experiment: Int64, in change: Change) throws {
        let ids = found.map(\.id)
        let verb =
            switch action {
            case .putRunsAway: "retention.put-away"
            case .purgeRuns, .purgeLoggedModels, .purgeExperiments, .deleteTraces: "retention.purged"
            }
        let digest = BlobDigest(sha256: SHA256.hash(data: Data(ids.joined(separator: "\n").utf8)))
        try change.record(
            verb, on: "experiment/\(experiment)",
            [
                "what": .string(action.rawValue), "count": .integer(Int64(ids.count)), "ids": .array(ids.map { .string($0) }),
                "digest": .string(digest.description), "files": .integer(found.reduce(0) { $0 + $1.files }),
                "bytes": .integer(found.reduce(0) { $0 + $1.bytes }),
            ])
    }

    private func startCounting(_ experiment: Int64) async throws {
        guard try await read(experiment, { try $0.hasUncounted() }) else { return }
        _ = try await change { change in
            try Self.table(experiment, change.workspace, change.transaction).startCounting(at: change.time)
            try change.record("retention.counting", on: "experiment/\(experiment)")
            return Nothing()
        }
    }

    /// Frees what purged things left, also of passes that were interrupted.
    private func free() async throws {
        while true {
            let freed = try await change { change in
                guard let freed = try Purge(transaction: change.transaction, workspace: change.workspace).free() else { return false }
                try change.record(
                    "retention.freed", on: "retention/workspace",
                    ["points": .integer(Int64(freed.points)), "files": .integer(Int64(freed.files)), "bytes": .integer(freed.bytes)])
                return true
            }
            guard freed else { return }
        }
    }

    private func change<Result: Codable & Sendable>(_ body: @escaping @Sendable (Change) throws -> Result) async throws -> Result {
        try Task.checkCancellation()
        return try await governor.change(.retentionManage, by: caller, locking: "retention/\(caller.workspace)", body)
    }

    private func read<Result: Sendable>(
        _ experiment: Int64, _ body: @escaping @Sendable (RetiredTable) throws -> Result
    ) async throws -> Result {
        let workspace = caller.workspace
        return try await governor.read(.retentionManage, by: caller) { try body(Self.table(experiment, workspace, $0)) }
    }

    /// Versions refer to the run they came from and to the logged model they were made of.
    private static func table(_ experiment: Int64, _ workspace: String, _ transaction: any Transaction) -> RetiredTable {
        RetiredTable(
            transaction: transaction, workspace: workspace, experiment: experiment,
            runUsers: ModelVersionTable.ofRun, modelUsers: ModelVersionTable.ofLoggedModel)
    }

    private func limit(_ days: Int64) -> Timestamp { now - .seconds(days * 86_400) }
}
