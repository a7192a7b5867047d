// SPDX-License-Identifier: Apache-2.0

/// The replicas of one model, what each is doing, and what is to be done next. Decides only; a pool does it and tells what came of it.
package struct ReplicaPlan: Sendable {
    enum Phase: Sendable, Equatable {
        /// Started and not yet answering.
        case starting(since: Duration)
        case ready(since: Duration)
        /// Gets no new calls; is stopped when its last one has ended.
        case draining(since: Duration)
        /// Has been told to end.
        case stopping
    }

    enum Action: Sendable, Equatable {
        case start(Int)
        case drain(Int)
        case stop(Int)
    }

    /// How the whole stands, for people.
    package enum Condition: String, Sendable {
        /// No replica and none needed.
        case idle
        /// None answers yet.
        case starting
        case ready
        /// None answers; the last ones ended, and the next start waits.
        case waiting
        /// As `waiting`, and they have ended again and again.
        case crashLooping
    }

    package struct Limits: Sendable, Equatable {
        /// From the start to the first good answer to a health check.
        package var start = Duration.seconds(120)
        /// From the last new call to the end of those that run.
        package var drain = Duration.seconds(30)

        package init() {}
    }

    private(set) var replicas: [Int: Phase] = [:]
    private(set) var backoff = RestartBackoff()
    private var scaler: ReplicaScaler
    private let limits: Limits
    private var lastID = 0
    private var isRetired = false

    init(scaling: ReplicaScaler.Settings, limits: Limits = Limits()) {
        scaler = ReplicaScaler(scaling)
        self.limits = limits
    }

    var ready: Int { replicas.values.count { if case .ready = $0 { true } else { false } } }

    var condition: Condition {
        if ready > 0 { return .ready }
        let isStarting = replicas.values.contains { if case .starting = $0 { true } else { false } }
        if backoff.isCrashLoop { return .crashLooping }
        if isStarting { return .starting }
        return backoff.failures > 0 ? .waiting : .idle
    }

    /// Nothing is left to be done.
    var isOver: Bool { isRetired && replicas.isEmpty }

    /// - Parameter concurrency: As `ReplicaScaler.desired` takes it.
    mutating func decide(at now: Duration, concurrency: Double) -> [Action] {
        let wanted = isRetired ? 0 : scaler.desired(at: now, concurrency: concurrency, ready: ready)
        var actions: [Action] = []
        for (id, phase) in replicas.sorted(by: { $0.key < $1.key }) {
            switch phase {
            case .starting(let since) where now - since >= limits.start:
                backoff.failed(at: now, lived: .zero)
                actions.append(stop(id))
            case .ready(let since): backoff.lives(for: now - since)
            case .draining(let since) where now - since >= limits.drain: actions.append(stop(id))
            case .starting, .draining, .stopping: break
            }
        }
        var live = replicas.filter { $0.value.isLive }.keys.sorted()
        while live.count < wanted, backoff.permits(at: now) {
            // One at a time while it is not known whether any can run.
            if backoff.failures > 0, live.count > ready { break }
            lastID += 1
            replicas[lastID] = .starting(since: now)
            live.append(lastID)
            actions.append(.start(lastID))
        }
        while live.count > wanted {
            // Those that do not answer yet first, then the youngest.
            let unready = live.last { if case .starting = replicas[$0] { true } else { false } }
            guard let id = unready ?? live.last else { break }
            live.removeAll { $0 == id }
            actions.append(unready == nil ? drain(id, at: now) : stop(id))
        }
        return actions
    }

    /// It answers.
    mutating func becameReady(_ id: Int, at now: Duration) {
        if case .starting = replicas[id] { replicas[id] = .ready(since: now) }
    }

    /// It does not answer its health checks any more; the action to take.
    mutating func becameUnhealthy(_ id: Int, at now: Duration) -> Action? {
        guard let phase = replicas[id], phase.isLive else { return nil }
        backoff.failed(at: now, lived: phase.age(at: now))
        return stop(id)
    }

    /// Its last call has ended.
    mutating func drained(_ id: Int) -> Action? {
        guard case .draining = replicas[id] else { return nil }
        return stop(id)
    }

    /// Its process is gone, because it was told to or by itself.
    mutating func ended(_ id: Int, at now: Duration) {
        guard let phase = replicas.removeValue(forKey: id), phase.isLive else { return }
        backoff.failed(at: now, lived: phase.age(at: now))
    }

    /// From now on there are to be none.
    mutating func retire() { isRetired = true }

    private mutating func stop(_ id: Int) -> Action {
        replicas[id] = .stopping
        return .stop(id)
    }

    private mutating func drain(_ id: Int, at now: Duration) -> Action {
        replicas[id] = .draining(since: now)
        return .drain(id)
    }
}

extension ReplicaPlan.Phase {
    /// Whether it counts as one of those that are wanted.
    fileprivate var isLive: Bool {
        switch self {
        case .starting, .ready: true
        case .draining, .stopping: false
        }
    }

    /// How long it has been ready.
    fileprivate func age(at now: Duration) -> Duration { if case .ready(let since) = self { now - since } else { .zero } }
}
