// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Monitors and their baselines. Judging windows is in `Monitors+Evaluation`.
package struct Monitors: Sendable {
    let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Creates the monitor or gives it a new specification; applying the same one again changes nothing.
    package func apply(_ specification: MonitorSpecification, by caller: Caller) async throws -> Monitor {
        try specification.validate()
        return try await governor.change(.monitorWrite, by: caller) { try Self.apply(specification, in: $0) }
    }

    static func apply(_ specification: MonitorSpecification, in change: Change) throws -> Monitor {
        let table = MonitorTable(transaction: change.transaction, workspace: change.workspace)
        let known = try table.find(specification.name)
        if let known, known.specification == specification { return known }
        let monitor = Monitor(
            specification: specification, revision: try table.lastRevision(specification.name) + 1, created: known?.created ?? change.time,
            changed: change.time)
        try table.put(monitor)
        try change.record(
            "monitor.applied", on: "monitor/\(monitor.name)",
            [
                "endpoint": .string(specification.endpoint), "revision": .integer(Int64(monitor.revision)),
                "digest": .string(DocumentText.digest(of: try DocumentText.encode(specification)).description),
            ])
        return monitor
    }

    /// Stops watching. Baselines and evaluations are kept, and found again by a monitor of the same name.
    ///
    /// - Throws: `Problem` `.conflict` while a data fault of it is open, `.notFound`. Its other incidents are closed.
    static func delete(_ name: String, in change: Change) throws {
        let table = MonitorTable(transaction: change.transaction, workspace: change.workspace)
        let monitor = try table.require(name)
        let open = try IncidentTable(transaction: change.transaction, workspace: change.workspace).open(
            endpoint: monitor.specification.endpoint
        ).filter { $0.monitor == name }
        if let incident = open.first(where: \.kind.blocksRetraining) {
            throw Problem(
                .conflict, "monitoring.monitor.incident-open", "Incident '\(incident.id)' of monitor '\(name)' is open.",
                why: "It holds back retraining until someone has said what became of it.",
                fix: "Close it first: dhow incident resolve \(incident.id).")
        }
        for incident in open { try IncidentDesk(change: change).close(incident, as: .withdrawn, note: "Its monitor was deleted.") }
        try table.delete(name, at: change.time)
        try MonitorProgressTable(transaction: change.transaction, workspace: change.workspace).forget(name)
        try change.record("monitor.deleted", on: "monitor/\(name)", ["endpoint": .string(monitor.specification.endpoint)])
    }

    package func monitor(_ name: String, by caller: Caller) async throws -> Monitor {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            try MonitorTable(transaction: transaction, workspace: caller.workspace).require(name)
        }
    }

    /// By name, ascending.
    ///
    /// - Parameter after: The name of the last monitor already seen.
    package func monitors(after: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [Monitor] {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            try MonitorTable(transaction: transaction, workspace: caller.workspace).list(after: after, limit: limit)
        }
    }

    /// Baselines of a monitor, newest first, without their samples.
    package func baselines(of name: String, by caller: Caller) async throws -> [Baseline] {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            _ = try MonitorTable(transaction: transaction, workspace: caller.workspace).require(name)
            return try BaselineTable(transaction: transaction, workspace: caller.workspace).list(name)
        }
    }

    /// Freezes what windows answered by this version are compared with from now on.
    ///
    /// - Parameter source: For people, where its rows came from.
    /// - Returns: The baseline without its samples.
    package func rebase(
        _ name: String, model: String, version: Int, _ profile: BaselineProfile, source: String = "profile", by caller: Caller
    ) async throws -> Baseline {
        try profile.validate()
        guard (1...200).contains(model.utf8.count), !model.utf8.contains(0), version > 0, (1...200).contains(source.utf8.count) else {
            throw Problem(.invalid, "monitoring.baseline.version", "A baseline belongs to a model and a version number from 1.")
        }
        return try await governor.change(.monitorWrite, by: caller) { change in
            _ = try MonitorTable(transaction: change.transaction, workspace: caller.workspace).require(name)
            var baseline = Baseline(
                monitor: name, model: model, version: version, source: source, profile: profile, created: change.time,
                createdBy: caller.principal.qualifiedName)
            try BaselineTable(transaction: change.transaction, workspace: caller.workspace).put(baseline)
            try change.record(
                "monitor.rebased", on: "monitor/\(name)",
                [
                    "model": .string(model), "version": .integer(Int64(version)), "source": .string(source),
                    "rows": .integer(Int64(profile.rowCount)),
                    "digest": .string(DocumentText.digest(of: try DocumentText.encode(profile)).description),
                ])
            baseline.profile.samples = [:]
            return baseline
        }
    }

    /// From the rows of the prediction log that this version answered in the window, with the labels that have arrived; without
    /// a level while those of its labels are still to come.
    ///
    /// - Throws: `Problem` `.rejected` when the version answered nothing in it.
    package func rebase(_ name: String, model: String, version: Int, fromWindow window: Window, by caller: Caller) async throws -> Baseline
    {
        try window.validate()
        try governor.require(.monitorWrite, of: caller)
        let now = governor.clock.now()
        let profile = try await governor.database.read { transaction in
            let specification = try MonitorTable(transaction: transaction, workspace: caller.workspace).require(name).specification
            let reader = WindowReader(transaction: transaction, workspace: caller.workspace, endpoint: specification.endpoint)
            let revisions = try reader.revisions(of: AnsweringVersion(model: model, version: version), in: window)
            return try reader.baseline(of: window, specification, revisions: revisions, at: now)
        }
        guard profile.rowCount > 0 else {
            throw Problem(
                .rejected, "monitoring.baseline.empty", "Version \(version) of model '\(model.printable)' answered nothing in the window.",
                fix: "Choose a window in which it had traffic, or give a file of held-out rows scored by it.")
        }
        let source = "window \(window.start.milliseconds)-\(window.end.milliseconds)"
        return try await rebase(name, model: model, version: version, profile, source: source, by: caller)
    }

    /// From a file of held-out rows scored by this version; see `ScoredFile`.
    package func rebase(
        _ name: String, model: String, version: Int, fromCSV text: String, score: String = "score", label: String = "label",
        by caller: Caller
    ) async throws -> Baseline {
        try governor.require(.monitorWrite, of: caller)
        let specification = try await governor.database.read { transaction in
            try MonitorTable(transaction: transaction, workspace: caller.workspace).require(name).specification
        }
        let file = try ScoredFile(csv: text, features: specification.features, score: score, label: label, rule: specification.label)
        let profile = BaselineProfile.build(of: specification.features, from: file.rows)
        return try await rebase(name, model: model, version: version, profile, source: "file", by: caller)
    }
}
