// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Releases one version to several endpoints or regions in waves.
package struct RollingReleases: Sendable {
    private let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// Keeps the waves; the first begins with the next look. Each endpoint's approval is held against it when its wave begins.
    package func start(
        _ model: String, version: Int, gateReport: String, waves: [[RollingRelease.Target]], plan: RolloutPlan? = nil, bakeSeconds: Int = 0,
        by caller: Caller
    ) async throws -> RollingRelease {
        let versions = versions
        return try await governor.change(.releaseCreate, by: caller) { change in
            try versions.require(model, version, change.workspace, change.transaction)
            let rolling = RollingRelease(
                id: change.newIdentifier(), model: model, version: version, gateReport: gateReport, waves: waves, plan: plan,
                bakeSeconds: bakeSeconds, state: .running, begun: 0, startedBy: change.caller.principal.qualifiedName, started: change.time)
            try rolling.validate()
            try Self.keep(rolling, "rolling.started", in: change)
            return rolling
        }
    }

    /// Begins no further wave. Rollouts that have begun go on; end each with its own command.
    package func stop(_ id: String, because reason: String, by caller: Caller) async throws -> RollingRelease {
        try Rollouts.check(reason: reason)
        return try await governor.change(.rolloutControl, by: caller) { change in
            let rolling = try RollingReleaseTable(transaction: change.transaction, workspace: change.workspace).require(id)
            return try Self.carryOut(.stop(because: reason), on: rolling, versions, in: change)
        }
    }

    package func rollingRelease(_ id: String, by caller: Caller) async throws -> RollingRelease {
        try await governor.read(.deliveryRead, by: caller) {
            try RollingReleaseTable(transaction: $0, workspace: caller.workspace).require(id)
        }
    }

    /// Newest first.
    package func rollingReleases(after: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [RollingRelease] {
        try await governor.read(.deliveryRead, by: caller) {
            try RollingReleaseTable(transaction: $0, workspace: caller.workspace).list(after: after, limit: limit)
        }
    }

    /// Does what the rollouts ask for, in every workspace.
    package func advance() async throws {
        let now = governor.clock.now()
        let due = try await governor.database.read { transaction in
            try RollingReleaseTable.running(in: transaction).filter { workspace, rolling in
                switch try Self.decide(rolling, at: now, in: transaction, workspace: workspace) {
                case .wait: false
                default: true
                }
            }
        }
        let versions = versions
        for (workspace, rolling) in due {
            let caller = Caller.controller("rolling", in: workspace)
            do {
                _ = try await governor.change(.releaseCreate, by: caller) { change in
                    let rolling = try RollingReleaseTable(transaction: change.transaction, workspace: workspace).require(rolling.id)
                    let decision = try Self.decide(rolling, at: change.time, in: change.transaction, workspace: workspace)
                    return try Self.carryOut(decision, on: rolling, versions, in: change)
                }
            } catch let problem as Problem where [.rejected, .conflict, .notFound, .invalid].contains(problem.kind) {
                _ = try await governor.change(.releaseCreate, by: caller) { change in
                    let rolling = try RollingReleaseTable(transaction: change.transaction, workspace: workspace).require(rolling.id)
                    let reason = [problem.what, problem.why].compactMap(\.self).joined(separator: " ")
                    return try Self.carryOut(.stop(because: reason), on: rolling, versions, in: change)
                }
            }
        }
    }

    /// A wave waits while one of its endpoints is frozen.
    private static func decide(
        _ rolling: RollingRelease, at now: Timestamp, in transaction: any Transaction, workspace: String
    ) throws -> RollingDecision {
        let rollouts = RolloutTable(transaction: transaction, workspace: workspace)
        var phases: [String: RolloutState.Phase] = [:]
        for target in rolling.waves.prefix(rolling.begun).joined() {
            phases[target.endpoint] = try target.rollout.flatMap { try rollouts.find($0) }?.state.phase
        }
        let decision = rolling.next(phases, at: now)
        guard case .begin(let wave) = decision else { return decision }
        for target in rolling.waves[wave] {
            if let frozen = try ReleaseRules(of: target.endpoint, in: workspace, transaction).frozen(at: now) { return .wait(frozen) }
        }
        return decision
    }

    private static func carryOut(
        _ decision: RollingDecision, on rolling: RollingRelease, _ versions: VersionDirectory, in change: Change
    ) throws -> RollingRelease {
        var after = rolling
        switch decision {
        case .wait: return rolling
        case .noteWave:
            after.promotedSince = change.time
            try keep(after, "rolling.wave-promoted", in: change)
        case .begin(let wave):
            for index in after.waves[wave].indices {
                let target = after.waves[wave][index]
                let new = NewRelease(
                    subject: ReleaseSubject(endpoint: target.endpoint, model: rolling.model, version: rolling.version), plan: rolling.plan,
                    gateReport: rolling.gateReport, approval: target.approval)
                after.waves[wave][index].rollout = try ReleaseStart(change: change, versions: versions).start(new).rollout
            }
            after.begun = wave + 1
            after.promotedSince = nil
            try keep(after, "rolling.wave-begun", in: change)
        case .stop(let reason):
            guard rolling.state == .running else { return rolling }
            after.state = .stopped
            after.reason = reason
            after.finished = change.time
            try keep(after, "rolling.stopped", in: change)
        case .complete:
            after.state = .completed
            after.finished = change.time
            try keep(after, "rolling.completed", in: change)
        }
        return after
    }

    private static func keep(_ rolling: RollingRelease, _ verb: String, in change: Change) throws {
        try RollingReleaseTable(transaction: change.transaction, workspace: change.workspace).put(rolling)
        var payload: [String: JSONValue] = [
            "model": .string(rolling.model), "version": .integer(Int64(rolling.version)), "begun": .integer(Int64(rolling.begun)),
            "waves": .array(rolling.waves.map { wave in .array(wave.map { .string($0.endpoint) }) }),
        ]
        if let reason = rolling.reason { payload["reasonDigest"] = .string(TextDigest.of(reason)) }
        try change.record(verb, on: "rolling/\(rolling.id)", payload)
    }
}
