// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// What a driver is to save at once: rows of many units in few statements, and a ledger entry for each thing that happened.
struct CommitBatch: Sendable {
    struct AttemptID: Hashable, Sendable {
        var unit: StepUnit
        var number: Int
    }

    struct Record: Sendable {
        var verb: String
        var unit: StepUnit
        var payload: [String: JSONValue]
    }

    /// Enough for one transaction.
    static let size = 2000

    private(set) var attempts: [AttemptID: Attempt] = [:]
    private(set) var results: [StepUnit: StepResult] = [:]
    private(set) var lists: [String: [JSONValue]] = [:]
    private(set) var cache: [BlobDigest: StepCacheEntry] = [:]
    private(set) var records: [Record] = []
    private(set) var reports: [KeptReport] = []
    /// Of attempts that are over once this is committed; their folders and records go then.
    private(set) var endedAttempts: [String] = []
    var isEmpty: Bool { records.isEmpty && lists.isEmpty && attempts.isEmpty }
    var isFull: Bool { records.count >= Self.size }

    mutating func expanded(_ step: String, _ items: [JSONValue]) {
        lists[step] = items
        records.append(Record(verb: "step.expanded", unit: StepUnit(step), payload: ["count": .integer(Int64(items.count))]))
    }

    mutating func omitted(_ step: String) { records.append(Record(verb: "step.omitted", unit: StepUnit(step), payload: [:])) }

    /// It failed before an attempt: a condition, a list or a reference that cannot be evaluated.
    mutating func refused(_ unit: StepUnit, number: Int, _ problem: Problem, at time: Timestamp) {
        attempts[AttemptID(unit: unit, number: number)] = Attempt(
            unit: unit, number: number, started: time, ended: time, outcome: "refused", detail: problem.description)
        records.append(Record(verb: "attempt.ended", unit: unit, payload: ["attempt": .integer(Int64(number)), "outcome": "refused"]))
    }

    mutating func reused(_ result: StepResult) {
        results[result.unit] = result
        records.append(
            Record(
                verb: "step.reused", unit: result.unit,
                payload: [
                    "from": result.reusedFrom.map { .string($0) } ?? .null, "key": result.key.map { .string($0.description) } ?? .null,
                ]))
    }

    /// More of the log of an attempt that goes on.
    mutating func kept(_ attempt: Attempt) { attempts[AttemptID(unit: attempt.unit, number: attempt.number)] = attempt }

    mutating func started(_ attempt: Attempt) {
        attempts[AttemptID(unit: attempt.unit, number: attempt.number)] = attempt
        records.append(Record(verb: "attempt.started", unit: attempt.unit, payload: ["attempt": .integer(Int64(attempt.number))]))
    }

    /// - Parameters:
    ///   - started: The attempt as it was noted.
    ///   - key: With its parts, of a success that later executions may use.
    mutating func ended(_ end: UnitEnd, of started: Attempt, key: BlobDigest?, parts: StepKey?, at time: Timestamp, attemptID: String?) {
        var attempt = started
        (attempt.ended, attempt.outcome, attempt.detail) = (time, end.outcome.rawValue, end.detail)
        (attempt.log, attempt.checkpoint) = (end.log, end.checkpoint)
        attempts[AttemptID(unit: end.unit, number: end.number)] = attempt
        if let attemptID { endedAttempts.append(attemptID) }
        reports += end.reports
        if end.outcome == .succeeded {
            results[end.unit] = StepResult(unit: end.unit, outputs: end.outputs, key: key, reusedFrom: nil)
            if let key { cache[key] = StepCacheEntry(key: key, unit: end.unit, outputs: end.outputs, parts: parts) }
        }
        records.append(
            Record(
                verb: "attempt.ended", unit: end.unit,
                payload: ["attempt": .integer(Int64(end.number)), "outcome": .string(end.outcome.rawValue)]))
    }

    /// In a change that holds the lease.
    func save(_ execution: Execution, in change: Change) throws {
        let table = ExecutionTable(transaction: change.transaction)
        for (step, items) in lists { try table.insert(list: items, of: step, execution.id) }
        if !attempts.isEmpty { try table.insert(Array(attempts.values), of: execution.id) }
        if !reports.isEmpty { try StepReportTable(transaction: change.transaction).insert(reports, of: execution.id) }
        if !results.isEmpty { try table.insert(Array(results.values), of: execution.id) }
        if !cache.isEmpty { try table.remember(Array(cache.values), of: execution, at: change.time) }
        let references = BlobReferenceTable(transaction: change.transaction)
        for result in results.values {
            for blob in Set(result.outputs.values.flatMap(\.blobs)) { try references.hold(blob, by: "step/\(execution.id)/\(result.unit)") }
        }
        for attempt in attempts.values {
            let holder = "log/\(execution.id)/\(attempt.unit)/\(attempt.number)"
            for segment in attempt.log?.segments ?? [] { try references.hold(segment.digest, by: holder) }
            for blob in attempt.checkpoint?.blobs ?? [] { try references.hold(blob, by: holder) }
        }
        for record in records { try change.record(record.verb, on: "\(execution.resource)/\(record.unit)", record.payload) }
    }
}
