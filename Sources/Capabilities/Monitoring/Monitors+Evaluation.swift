// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

extension Monitors {
    /// Judges a window of predictions with the labels that have arrived, keeps the judgement and tells what follows from it.
    ///
    /// Compared are the inputs of all rows, and the score and performance of the version that answered most of them, with that version's
    /// baseline. Evaluating a window again gives a new evaluation; an event of one kind about one window is told once.
    /// O(rows) time to read and O(rows log rows) per feature, memory bounded per feature.
    ///
    /// - Throws: `Problem` `.notFound` for an unknown monitor, `.invalid` for a malformed window, `.conflict` when the monitor's
    ///   specification changed meanwhile.
    package func evaluate(_ name: String, _ window: Window, by caller: Caller) async throws -> Evaluation {
        try await judge(name, window, by: caller) { _ in true }.unwrapped(name)
    }

    /// Judges the next window of a scheduled monitor, if it still is the next.
    ///
    /// - Returns: Whether it was; another server may have been quicker.
    func evaluateNext(_ name: String, _ window: Window, by caller: Caller) async throws -> Bool {
        let evaluation = try await judge(name, window, by: caller) { change in
            let progress = MonitorProgressTable(transaction: change.transaction, workspace: change.workspace)
            guard let next = try progress.next(of: name), next <= window.start else { return false }
            try progress.move(name, to: window.end)
            return true
        }
        return evaluation.evaluation != nil
    }

    /// - Parameter isWanted: Asked in the transaction that keeps the judgement; without its consent nothing is kept.
    private func judge(
        _ name: String, _ window: Window, by caller: Caller, isWanted: @escaping @Sendable (Change) throws -> Bool
    ) async throws -> JudgedWindow {
        try window.validate()
        try governor.require(.monitorWrite, of: caller)
        let now = governor.clock.now()
        let gathered = try await governor.database.read { try gather(name, window, workspace: caller.workspace, at: now, in: $0) }
        let findings = gathered.judge.findings()
        return try await governor.change(.monitorWrite, by: caller) { change in
            let monitor = try MonitorTable(transaction: change.transaction, workspace: caller.workspace).require(name)
            guard monitor.revision == gathered.monitor.revision else {
                throw Problem(
                    .conflict, "monitoring.monitor.changed", "Monitor '\(name)' was changed while the window was judged.",
                    fix: "Evaluate again.")
            }
            guard try isWanted(change) else { return JudgedWindow() }
            let evaluation = Evaluation(
                id: change.newIdentifier(), monitor: name, endpoint: monitor.specification.endpoint,
                specificationRevision: monitor.revision, window: window, earlierWindow: gathered.earlierWindow,
                model: gathered.version?.model, version: gathered.version?.version, rowCount: gathered.judge.current.rowCount,
                findings: findings, retrainBlocked: false, evaluatedBy: caller.principal.qualifiedName, created: change.time)
            return JudgedWindow(
                evaluation: try EvaluationRecord(change: change, specification: monitor.specification).keep(evaluation))
        }
    }

    package func evaluation(_ id: String, by caller: Caller) async throws -> Evaluation {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            guard let evaluation = try EvaluationTable(transaction: transaction, workspace: caller.workspace).find(id) else {
                throw Problem(.notFound, "monitoring.evaluation.unknown", "Evaluation '\(id.printable)' does not exist.")
            }
            return evaluation
        }
    }

    /// Newest first.
    ///
    /// - Parameter after: The id of the last evaluation already seen.
    package func evaluations(of name: String, after: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [Evaluation] {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            _ = try MonitorTable(transaction: transaction, workspace: caller.workspace).require(name)
            return try EvaluationTable(transaction: transaction, workspace: caller.workspace).list(
                monitor: name, after: after, limit: limit)
        }
    }

    /// One number over time, oldest first: `subject` is `feature/NAME`, `score` or `performance`.
    package func measurements(
        of name: String, subject: String, _ measurement: String, limit: Int = 1000, by caller: Caller
    ) async throws -> [Measurement] {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            try EvaluationTable(transaction: transaction, workspace: caller.workspace).measurements(
                monitor: name, subject: subject, name: measurement, limit: limit)
        }
    }

    private func gather(_ name: String, _ window: Window, workspace: String, at now: Timestamp, in transaction: any Transaction) throws
        -> GatheredWindow
    {
        let monitor = try MonitorTable(transaction: transaction, workspace: workspace).require(name)
        let specification = monitor.specification
        let reader = WindowReader(transaction: transaction, workspace: workspace, endpoint: specification.endpoint)
        let main = try reader.mainVersion(in: window)
        let baseline = try main.flatMap {
            try BaselineTable(transaction: transaction, workspace: workspace).find(
                name, $0.version.model, $0.version.version, withSamples: true)
        }
        let before = try EvaluationTable(transaction: transaction, workspace: workspace).windowBefore(
            window, of: name, hasRows: reader.hasRows(in:))
        let current = try reader.summary(of: window, specification, baseline: baseline?.profile, judging: main?.revisions, checkedAt: now)
        return GatheredWindow(
            monitor: monitor, version: main?.version, earlierWindow: before?.window,
            judge: WindowJudge(
                specification: specification, baseline: baseline?.profile,
                earlier: try before.map { try reader.summary(of: $0.window, specification, baseline: nil, judging: []) },
                standing: before?.faults ?? [],
                current: current, labels: try reader.labels(of: current, window, specification, at: now),
                burns: (specification.checks ?? []).contains { $0.type == .errors } ? try reader.burns(endingAt: window.end) : [],
                window: window,
                seed: StableHash.of("\(name) \(window.start.milliseconds) \(window.end.milliseconds)", salt: "day-bootstrap")))
    }
}

/// Nil when another server was quicker.
private struct JudgedWindow: Codable, Sendable {
    var evaluation: Evaluation?

    func unwrapped(_ monitor: String) throws -> Evaluation {
        guard let evaluation else {
            throw Problem(.conflict, "monitoring.monitor.changed", "Monitor '\(monitor)' judged the window already.")
        }
        return evaluation
    }
}

/// All that one evaluation reads, from one snapshot of the database.
private struct GatheredWindow: Sendable {
    var monitor: Monitor
    var version: AnsweringVersion?
    var earlierWindow: Window?
    var judge: WindowJudge
}
