// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization

/// Carrying out what the plan decides.
extension ReplicaPool {
    /// Keeps the replicas; returns when the pool is retired and its last replica has ended. When cancelled, ends what runs first.
    ///
    /// - Parameter report: Told when the condition has become another.
    func run(_ report: @Sendable (ReplicaStatus) -> Void) async {
        var reported = ReplicaPlan.Condition.idle
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                while !Task.isCancelled {
                    wake.yield()
                    try? await clock.sleep(for: settings.turn)
                }
            }
            for await _ in turns {
                for action in decide() {
                    switch action {
                    case .start(let id): group.addTask { await self.live(id) }
                    // Nothing to do: it gets no calls, and ends with its last one or at once.
                    case .drain(let id): endIfDrained(id)
                    case .stop(let id): group.addTask { await self.stop(id) }
                    }
                }
                refuseOverdue()
                let status = status
                if status.condition != reported { report(status) }
                reported = status.condition
                if state.withLock({ $0.plan.isOver }) { break }
            }
            group.cancelAll()
        }
        refuseOverdue()
        launch.removeAll()
    }

    /// How it stands, for people and metrics.
    var status: ReplicaStatus {
        state.withLock { state in
            ReplicaStatus(
                version: version, condition: state.plan.condition, ready: state.plan.ready, replicas: state.plan.replicas.count,
                failures: state.plan.backoff.failures, waiting: state.waiting.count, complaint: state.complaint)
        }
    }

    private func decide() -> [ReplicaPlan.Action] {
        let time = now()
        return state.withLock { state in
            let actions = state.pending + state.plan.decide(at: time, concurrency: Double(state.peak))
            state.pending = []
            state.peak = state.calls
            return actions
        }
    }

    private func endIfDrained(_ id: Int) {
        let isDrained = state.withLock { state in
            guard (state.records[id]?.calls ?? 0) == 0, let action = state.plan.drained(id) else { return false }
            state.pending.append(action)
            return true
        }
        if isDrained { wake.yield() }
    }

    /// The whole life of one replica.
    private func live(_ id: Int) async {
        var started: ReplicaLaunch.Started?
        do {
            let replica = try await launch.start(id)
            started = replica
            let isWanted = state.withLock { state in
                state.records[id] = Record(started: replica)
                return state.plan.replicas[id] != .stopping
            }
            if !isWanted { await launch.stop(replica) }
            await withDiscardingTaskGroup { group in
                group.addTask { await self.watchHealth(of: id, replica) }
                _ = try? await launch.ended(replica)
                group.cancelAll()
            }
            // Whatever ended the waiting, nothing is to go on.
            await launch.stop(replica)
            await noteEnd(of: id, replica)
        } catch {
            state.withLock {
                $0.complaint = (error as? Problem).map { [$0.what, $0.why].compactMap(\.self).joined(separator: " ") } ?? "\(error)"
            }
        }
        state.withLock { state in
            state.records[id] = nil
            state.plan.ended(id, at: now())
        }
        await launch.remove(id, started)
        wake.yield()
    }

    private func noteEnd(of id: Int, _ replica: ReplicaLaunch.Started) async {
        // What was told to end says nothing about why others do.
        guard state.withLock({ $0.plan.replicas[id] != .stopping }), !Task.isCancelled else { return }
        let words = await launch.lastWords(of: replica)
        state.withLock { $0.complaint = words ?? $0.complaint }
    }

    private func stop(_ id: Int) async {
        if let started = state.withLock({ $0.records[id]?.started }) { await launch.stop(started) }
    }

    /// Asks whether it answers: often until it does for the first time, then now and then.
    private func watchHealth(of id: Int, _ replica: ReplicaLaunch.Started) async {
        let check = dialogue.wire.health(limit: settings.healthLimit)
        var isReady = false
        var failures = 0
        while !Task.isCancelled {
            let answer = try? await servers.send(check, to: replica.address)
            if Task.isCancelled { return }
            if answer?.status == 200 {
                failures = 0
                state.withLock { state in
                    state.records[id]?.isSuspect = false
                    if !isReady { state.plan.becameReady(id, at: now()) }
                }
                isReady = true
                handOut()
            } else if isReady {
                failures += 1
                if failures >= settings.healthFailures { return endUnhealthy(id) }
            }
            try? await clock.sleep(for: isReady ? settings.healthInterval : settings.startInterval)
        }
    }

    private func endUnhealthy(_ id: Int) {
        state.withLock { state in
            guard let action = state.plan.becameUnhealthy(id, at: now()) else { return }
            state.complaint = "It did not answer \(settings.healthFailures) health checks in a row."
            state.pending.append(action)
        }
        wake.yield()
    }
}

/// How the replicas of one version stand.
package struct ReplicaStatus: Sendable, Equatable {
    package var version: ServedVersion
    package var condition: ReplicaPlan.Condition
    package var ready: Int
    /// Those that start and end counted in.
    package var replicas: Int
    /// Ends in a row.
    package var failures: Int
    package var waiting: Int
    package var complaint: String?
}
