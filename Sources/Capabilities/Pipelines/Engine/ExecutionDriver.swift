// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Drives one execution under a lease until it has ended, the lease is lost or the worker stops.
///
/// It keeps the execution's state in memory and asks it what to do; what follows from everything that has come meanwhile is committed at
/// once, ends of attempts with the starts of the next ones, and only then begun. Everything it knows is in the database or with the step
/// runner, so another driver can go on at any point: an attempt that was noted but that its own worker's runner does not know was never
/// submitted. O(1) an event however many steps there are.
struct ExecutionDriver: Sendable {
    static let interval = Duration.seconds(1)
    /// Shorter attempts have their logs kept at their end.
    private static let briefAttempt = Duration.seconds(5)
    /// Commits that follow each other closely are looked at once.
    private static let calm = Duration.milliseconds(200)

    let lease: ExecutionLease
    let parts: DriverParts
    let inbox = DriverInbox()
    let performer: StepPerformer
    let driven: DrivenExecution

    /// - Throws: `LeaseLost`, or what kept the execution from being read.
    init(_ lease: ExecutionLease, _ parts: DriverParts) async throws {
        self.lease = lease
        self.parts = parts
        driven = try await DrivenExecution.load(lease, parts)
        performer = StepPerformer(
            parts: parts, lease: lease, pipeline: driven.pipeline, credentials: StepCredentialsOnce(parts.settings))
    }

    /// - Parameter wakes: Yields after commits of this process.
    /// - Throws: `LeaseLost`, `CancellationError`, or what kept the execution from being saved.
    func run(_ wakes: AsyncStream<Void>) async throws {
        var driven = driven
        defer {
            parts.slots.leave(lease.execution)
            parts.slots.vacate(driven.inFlight.map { performer.attemptID($0.key, $0.value.number) })
        }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await tick() }
            group.addTask { await pass(wakes) }
            takeUp(&driven, &group)
            var renewed = parts.governor.clock.now()
            while true {
                try await answerQuestions(&driven)
                let starts = chooseStarts(&driven)
                driven.keepTime(at: parts.governor.clock.now())
                try await commit(&driven)
                for start in starts { begin(start, driven, &group) }
                if driven.execution.ended != nil { break }
                for signal in try await inbox.next() {
                    try await take(signal, &driven, &group, &renewed)
                }
            }
            group.cancelAll()
        }
    }

    private func tick() async {
        while (try? await parts.clock.sleep(for: Self.interval)) != nil { inbox.put(.tick) }
    }

    private func pass(_ wakes: AsyncStream<Void>) async {
        for await _ in wakes {
            inbox.put(.woken)
            guard (try? await parts.clock.sleep(for: Self.calm)) != nil else { return }
        }
    }

    // MARK: signals

    private func take(
        _ signal: DriverSignal, _ driven: inout DrivenExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>,
        _ renewed: inout Timestamp
    ) async throws {
        switch signal {
        case .ended(let end): note(end, &driven)
        case .waiting(let unit, let number):
            guard driven.inFlight[unit]?.number == number else { return }
            guard driven.state.isCancelling else {
                driven.inFlight[unit]?.isWaiting = true
                return
            }
            abandon(unit, number, &driven, &group)
        case .logKept(let unit, let number, let archive):
            guard var attempt = driven.open[unit], attempt.number == number else { return }
            attempt.log = archive
            driven.open[unit] = attempt
            driven.batch.kept(attempt)
        case .due(let unit, let number): driven.append(DrivenExecution.Startable(unit: unit, attempt: number))
        case .room: break
        case .woken:
            try await lookAgain(&driven, &group)
        case .tick:
            let now = parts.governor.clock.now()
            if now >= renewed + ExecutionLease.renewal {
                let lease = lease
                try await parts.governor.database.write { try ExecutionTable(transaction: $0).renew(lease, at: now) }
                renewed = now
            }
            if let deadline = driven.execution.deadline, now >= deadline, driven.state.apply(.timedOut) {
                stopAll(&driven, &group)
            }
            archiveLogs(driven, at: now, &group)
            try await lookAgain(&driven, &group)
        case .failed(let error): throw error
        }
    }

    /// Logs of attempts that go on for some time are kept while they do.
    private func archiveLogs(
        _ driven: DrivenExecution, at now: Timestamp, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        for (unit, attempt) in driven.open where driven.isCommand(unit) && now - attempt.started >= Self.briefAttempt {
            guard performer.logs.begin(performer.attemptID(unit, attempt.number)) else { continue }
            group.addTask {
                await performer.archive(unit, attempt.number, after: attempt.log) { inbox.put(.logKept(unit, attempt: attempt.number, $0)) }
            }
        }
    }

    private func note(_ end: UnitEnd, _ driven: inout DrivenExecution) {
        let unit = end.unit
        let isCommand = driven.isCommand(unit)
        let attemptID = isCommand ? performer.attemptID(unit, end.number) : nil
        if let attemptID {
            parts.slots.vacate([attemptID])
            parts.gpus.release(attemptID)
        }
        driven.inFlight[unit] = nil
        let prepared = driven.prepared.removeValue(forKey: unit)
        guard driven.state.apply(end.event) else { return }
        let now = parts.governor.clock.now()
        let started = driven.open.removeValue(forKey: unit) ?? Attempt(unit: unit, number: end.number, started: now)
        let isKept = driven.step(of: unit).isCacheable
        driven.batch.ended(
            end, of: started, key: isKept ? started.key : nil, parts: prepared?.key, at: now, attemptID: attemptID)
        if end.outcome == .succeeded { driven.keep(end.outputs, of: unit) }
        driven.gather(unit.step)
    }

    /// What people asked for meanwhile, and handlers that wait for something to change.
    private func lookAgain(_ driven: inout DrivenExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        let lease = lease
        let asked = try await parts.governor.database.lookUp { try ExecutionTable(transaction: $0).standing(lease) }
        (driven.execution.wantsCancel, driven.execution.wantsPause) = (asked.wantsCancel, asked.wantsPause)
        follow(&driven, &group)
        for (unit, flight) in driven.inFlight where flight.isWaiting {
            if driven.state.isCancelling {
                abandon(unit, flight.number, &driven, &group)
            } else {
                driven.inFlight[unit]?.isWaiting = false
                handle(unit, flight.number, driven, &group)
            }
        }
    }

    private func follow(_ driven: inout DrivenExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        if driven.execution.wantsCancel, driven.state.apply(.cancelRequested) { stopAll(&driven, &group) }
        driven.state.apply(driven.execution.wantsPause ? .pauseRequested : .resumeRequested)
    }

    private func stopAll(_ driven: inout DrivenExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for (unit, flight) in driven.inFlight where driven.isCommand(unit) {
            group.addTask {
                do { try await performer.stop(unit, flight.number) } catch { inbox.put(.failed(error)) }
            }
        }
        for (unit, flight) in driven.inFlight where flight.isWaiting { abandon(unit, flight.number, &driven, &group) }
        // Steps of other executions need not wait for room that this one has asked for.
        parts.slots.leave(lease.execution)
    }

    /// Ends a handler that waits.
    private func abandon(
        _ unit: StepUnit, _ number: Int, _ driven: inout DrivenExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        driven.inFlight[unit]?.isWaiting = false
        let resolver = resolver(of: unit, driven)
        group.addTask {
            do {
                try await performer.cancel(unit, number, resolver)
                inbox.put(.ended(UnitEnd(unit: unit, number: number, outcome: .cancelled)))
            } catch {
                inbox.put(.failed(error))
            }
        }
    }

    // MARK: beginning

    /// Goes on with what an earlier driver left.
    private func takeUp(_ driven: inout DrivenExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for (unit, attempt) in driven.open {
            driven.inFlight[unit] = DrivenExecution.InFlight(number: attempt.number)
            if driven.isCommand(unit) {
                parts.slots.adopt(performer.attemptID(unit, attempt.number))
                run(unit, attempt.number, nil, isOurs: attempt.worker == lease.owner, driven, &group)
                if driven.state.isCancelling {
                    group.addTask {
                        do { try await performer.stop(unit, attempt.number) } catch { inbox.put(.failed(error)) }
                    }
                }
            } else {
                handle(unit, attempt.number, driven, &group)
            }
        }
        follow(&driven, &group)
    }

    private func begin(
        _ start: AttemptStart, _ driven: DrivenExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        switch start {
        case .pause(let unit, let number, let pause):
            group.addTask {
                guard (try? await parts.clock.sleep(for: .milliseconds(pause))) != nil else { return }
                inbox.put(.due(unit, attempt: number))
            }
        case .command(let unit, let number): run(unit, number, driven.prepared[unit]?.command, isOurs: true, driven, &group)
        case .handler(let unit, let number): handle(unit, number, driven, &group)
        }
    }

    private func run(
        _ unit: StepUnit, _ number: Int, _ prepared: CommandStep?, isOurs: Bool, _ driven: DrivenExecution,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let resolver = resolver(of: unit, driven)
        group.addTask {
            do {
                inbox.put(.ended(try await performer.run(unit, number, prepared, isOurs: isOurs, resolver)))
            } catch {
                inbox.put(.failed(error))
            }
        }
    }

    private func handle(
        _ unit: StepUnit, _ number: Int, _ driven: DrivenExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let resolver = resolver(of: unit, driven)
        group.addTask {
            do {
                let end = try await performer.handle(unit, number, resolver)
                inbox.put(end.map { .ended($0) } ?? .waiting(unit, attempt: number))
            } catch {
                inbox.put(.failed(error))
            }
        }
    }
}
