// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Synchronization

/// The replicas of one model on this machine: hands calls to them, holds calls back while none is free, and starts, watches and ends them.
///
/// What is to be done is decided by `ReplicaPlan`, what for by `run`, which is to run as long as the pool is used.
package final class ReplicaPool: HostedModel {
    struct Record {
        var started: ReplicaLaunch.Started
        var calls = 0
        /// A call could not reach it: it gets no more until a health check has.
        var isSuspect = false
    }

    struct State {
        var plan: ReplicaPlan
        var records: [Int: Record] = [:]
        var waiting: [Waiter] = []
        var lastWaiter = 0
        /// Most calls at one time since the last turn.
        var peak = 0
        /// Decided between turns.
        var pending: [ReplicaPlan.Action] = []
        var isRetired = false
        /// What the last replica said that ended by itself.
        var complaint: String?

        var calls: Int { records.values.reduce(waiting.count) { $0 + $1.calls } }
    }

    struct Waiter {
        var id: Int
        var since: Duration
        var continuation: CheckedContinuation<Int, any Error>
    }

    package let version: ServedVersion
    package var inputs: [TensorSpecification] { dialogue.model.inputs }
    package var outputs: [TensorSpecification] { dialogue.model.outputs }

    let dialogue: ServerDialogue
    let launch: ReplicaLaunch
    let settings: ModelServerSettings
    let servers: any LocalServers
    let clock: any Clock<Duration>
    let now: @Sendable () -> Duration
    let state: Mutex<State>
    let turns: AsyncStream<Void>
    let wake: AsyncStream<Void>.Continuation

    init(
        version: ServedVersion, dialogue: ServerDialogue, launch: ReplicaLaunch, settings: ModelServerSettings, servers: any LocalServers,
        clock: any Clock<Duration>
    ) {
        self.version = version
        self.dialogue = dialogue
        self.launch = launch
        self.settings = settings
        self.servers = servers
        self.clock = clock
        now = Self.stopwatch(clock)
        state = Mutex(State(plan: ReplicaPlan(scaling: settings.scaling, limits: settings.limits)))
        (turns, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// A call whose replica goes away is asked of another, once.
    package func infer(_ inputs: [Tensor], outputs: [String]?) async throws -> [Tensor] {
        let question = try dialogue.question(inputs, outputs: outputs)
        do {
            return try await ask(question)
        } catch let problem as Problem where problem.code == "serving.server.unreachable" {
            return try await ask(question)
        }
    }

    package func retire() {
        state.withLock { state in
            state.isRetired = true
            state.plan.retire()
        }
        wake.yield()
    }

    private func ask(_ question: ServerDialogue.Question) async throws -> [Tensor] {
        let replica = try await take()
        let answer: ServerAnswer
        do {
            answer = try await servers.send(question.request, to: replica.address)
        } catch {
            giveBack(replica.id, isSuspect: (error as? Problem)?.code == "serving.server.unreachable")
            throw error
        }
        giveBack(replica.id, isSuspect: false)
        return try dialogue.outputs(of: answer, to: question)
    }

    // MARK: Handing out replicas

    private func take() async throws -> (id: Int, address: LocalServerAddress) {
        let id = try await choose()
        guard let address = state.withLock({ $0.records[id]?.started.address }) else { throw unavailable() }
        return (id, address)
    }

    private func choose() async throws -> Int {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Int, any Error>? = state.withLock { state in
                    if let id = free(&state) { return .success(id) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.isRetired || isHopeless(state) { return .failure(unavailable(state)) }
                    guard state.waiting.count < settings.waitingCalls else { return .failure(busy()) }
                    state.waiting.append(Waiter(id: waiter, since: now(), continuation: continuation))
                    state.peak = max(state.peak, state.calls)
                    return nil
                }
                if let result { continuation.resume(with: result) } else { wake.yield() }
            }
        } onCancel: {
            let abandoned = state.withLock { state in
                state.waiting.firstIndex { $0.id == waiter }.map { state.waiting.remove(at: $0) }
            }
            abandoned?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Takes the replica with the fewest calls, when one has room.
    private func free(_ state: inout State) -> Int? {
        let ready = state.records.filter { id, record in
            guard case .ready = state.plan.replicas[id] else { return false }
            return !record.isSuspect && record.calls < settings.scaling.concurrency
        }
        guard let id = ready.min(by: { ($0.value.calls, $0.key) < ($1.value.calls, $1.key) })?.key else { return nil }
        state.records[id]?.calls += 1
        state.peak = max(state.peak, state.calls)
        return id
    }

    private func giveBack(_ id: Int, isSuspect: Bool) {
        state.withLock { state in
            state.records[id]?.calls -= 1
            if isSuspect { state.records[id]?.isSuspect = true }
            if state.records[id]?.calls == 0, let action = state.plan.drained(id) { state.pending.append(action) }
        }
        handOut()
        wake.yield()
    }

    /// Gives free replicas to those who wait, in the order they came.
    func handOut() {
        let served = state.withLock { state in
            var served: [(Waiter, Int)] = []
            while !state.waiting.isEmpty, let id = free(&state) { served.append((state.waiting.removeFirst(), id)) }
            return served
        }
        for (waiter, id) in served { waiter.continuation.resume(returning: id) }
    }

    /// Refuses those who have waited too long, and all when there is nothing to wait for.
    func refuseOverdue() {
        let time = now()
        let refused = state.withLock { state -> [(Waiter, Problem)] in
            let isHopeless = isHopeless(state) || (state.isRetired && state.records.isEmpty)
            let overdue = state.waiting.filter { isHopeless || time - $0.since >= settings.waitLimit }
            guard !overdue.isEmpty else { return [] }
            state.waiting.removeAll { waiter in overdue.contains { $0.id == waiter.id } }
            let problem = isHopeless ? unavailable(state) : late()
            return overdue.map { ($0, problem) }
        }
        for (waiter, problem) in refused { waiter.continuation.resume(throwing: problem) }
    }

    /// Whether replicas end again and again, so that waiting makes no sense.
    private func isHopeless(_ state: State) -> Bool { state.plan.condition == .crashLooping }

    private func busy() -> Problem {
        Problem(
            .exhausted, "serving.server.busy", "\(settings.waitingCalls) calls wait for \(version) already.",
            why: "Its replicas are all in use, or are being started.", fix: "Try again.")
    }

    private func late() -> Problem {
        Problem(
            .unavailable, "serving.server.late", "No replica of \(version) became free within \(settings.waitLimit.components.seconds) s.",
            fix: "Try again; allow more replicas when this goes on.")
    }

    private func unavailable(_ state: State? = nil) -> Problem {
        guard let state, state.plan.condition == .crashLooping else {
            return Problem(.unavailable, "serving.server.stopping", "The server of \(version) is being stopped.", fix: "Try again.")
        }
        return Problem(
            .unavailable, "serving.server.crash-looping", "The server of \(version) ends again and again.",
            why: state.complaint.map { "The last thing it said: \($0)" } ?? "It said nothing.",
            fix: "Start it by hand and see why; it is tried again by itself.")
    }

    private static func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
