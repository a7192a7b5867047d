// SPDX-License-Identifier: Apache-2.0

import Backends
package import Delivery
import Domain
package import Governance
import Serving

/// The controller that brings rollouts their evidence: predictions and labels as they arrive. What follows is Delivery's decision.
///
/// Woken by commits and by `wake`; while a rollout runs it also looks four times a second, and every two seconds otherwise, because
/// another process may have begun one. Each look costs O(rows that are new or younger than five seconds).
package actor RolloutObserver {
    private static let tick = Duration.milliseconds(250)
    private static let idleTicks = 8
    /// Commits that come together are looked at together.
    private static let linger = Duration.milliseconds(20)

    private let governor: Governor
    private let rollouts: Rollouts
    private let clock: any Clock<Duration>
    private let report: @Sendable (any Error) -> Void
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private var progress: [String: RolloutProgress] = [:]
    private var observed: [String: RolloutEvidence] = [:]
    private var isAnyActive = true

    /// - Parameter report: Told of errors that end one look but not the loop; for the log.
    package init(
        governor: Governor, rollouts: Rollouts, clock: any Clock<Duration> = ContinuousClock(),
        report: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.governor = governor
        self.rollouts = rollouts
        self.clock = clock
        self.report = report
        let (wakes, waker) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.wakes = wakes
        self.waker = waker
        governor.onCommit { waker.yield() }
    }

    /// Makes the loop look soon, for what commits without `Governor.change`: labels.
    package nonisolated func wake() { waker.yield() }

    /// Looks until its task is cancelled. Call it once.
    package func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await self.tickForever() }
            group.addTask { try await self.lookForever() }
            // Both end only by cancellation.
            _ = try await group.next()
            group.cancelAll()
        }
    }

    /// Gathers and hands over evidence for every active rollout, once.
    ///
    /// - Returns: How many rollouts are active.
    @discardableResult
    package func look() async throws -> Int {
        let active = try await rollouts.active()
        let keys = Set(active.map { Self.key($0.workspace, $0.rollout) })
        progress = progress.filter { keys.contains($0.key) }
        observed = observed.filter { keys.contains($0.key) }
        isAnyActive = !active.isEmpty
        for (workspace, rollout) in active where rollout.stable != nil {
            do {
                try await observe(rollout, in: workspace)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                report(error)
            }
        }
        return active.count
    }

    private func observe(_ rollout: Rollout, in workspace: String) async throws {
        let key = Self.key(workspace, rollout)
        let before = progress[key] ?? RolloutProgress(rollout)
        let now = governor.clock.now()
        let (after, evidence) = try await governor.database.read { transaction in
            try before.reading(try Self.reader(of: rollout, in: workspace, transaction), at: now)
        }
        progress[key] = after
        guard evidence != observed[key], evidence != rollout.evidence else { return }
        _ = try await rollouts.observe(rollout.id, evidence, by: .controller("rollouts", in: workspace))
        observed[key] = evidence
    }

    private static func reader(of rollout: Rollout, in workspace: String, _ transaction: any Transaction) throws -> RolloutReader {
        let entity = try EndpointSettings.entityInput(of: EndpointName(workspace: workspace, name: rollout.endpoint), in: transaction)
        let revisions = RevisionTable(transaction: transaction, workspace: workspace)
        let shadow = rollout.state.plan.strategy == .shadow ? try revisions.find(rollout.endpoint, rollout.candidate) : nil
        return RolloutReader(
            transaction: transaction, workspace: workspace, endpoint: rollout.endpoint, candidate: rollout.candidate,
            segmentInput: rollout.state.plan.segments?.input, entityInput: entity,
            shadow: shadow.map { ServedVersion(workspace: workspace, model: $0.model, number: $0.version) },
            readsLoads: rollout.state.plan.schemaViolations || rollout.state.plan.saturation != nil)
    }

    private func lookForever() async throws {
        for await _ in wakes {
            try Task.checkCancellation()
            try await clock.sleep(for: Self.linger)
            do {
                try await look()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                report(error)
            }
        }
        // The wakes of a cancelled task just end.
        throw CancellationError()
    }

    private func tickForever() async throws {
        var idle = 0
        while true {
            try await clock.sleep(for: Self.tick)
            idle = isAnyActive ? 0 : idle + 1
            if idle % Self.idleTicks == 0 { waker.yield() }
        }
    }

    private static func key(_ workspace: String, _ rollout: Rollout) -> String { "\(workspace)/\(rollout.id)" }
}
