// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// Hears for the triggers: reads the ledger, looks at schedules, at events that wait, at folders and at backfills. What an event comes to
/// is one transaction (`FiringDesk`), so that it starts exactly one execution of each trigger, however many listeners there are and however
/// often they begin again.
package struct TriggerListener: Sendable {
    private static let consumer = "triggers"
    private static let batch = 200
    /// Events of one transaction: few enough that those who write predictions beside it hardly wait, many enough that a storm is soon over.
    private static let eventsInChange = 50
    private static let interval = Duration.seconds(1)
    private static let folderInterval = Duration.seconds(2)
    /// An entry can be read a little after its commit, when it has its place in the ledger.
    private static let lag = Duration.milliseconds(100)
    private let governor: Governor
    private let clock: any Clock<Duration>
    private let folders: WatchedFolders
    private let report: @Sendable (any Error) -> Void
    private let perform: TriggerPerformer?
    /// Why an event must not start anything now; nil lets it.
    private let block: @Sendable (any Transaction, LedgerEntry) throws -> String?
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - report: Receives what a pass failed with; the next one tries again.
    ///   - perform: Carries out what is no start of a pipeline.
    package init(
        governor: Governor, clock: any Clock<Duration> = ContinuousClock(), folders: WatchedFolders = .none,
        report: @escaping @Sendable (any Error) -> Void = { _ in }, perform: TriggerPerformer? = nil,
        block: @escaping @Sendable (any Transaction, LedgerEntry) throws -> String?
    ) {
        self.governor = governor
        self.clock = clock
        self.folders = folders
        self.report = report
        self.perform = perform
        self.block = block
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let waker = waker
        governor.onCommit { waker.yield() }
    }

    /// Until cancelled; once. Looks after commits of this process, and every second for those of others.
    package func run() async {
        waker.yield()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock, waker] in
                while !Task.isCancelled {
                    do { try await clock.sleep(for: Self.interval) } catch { return }
                    waker.yield()
                }
            }
            // Reading large files must not hold up the rest.
            group.addTask { await lookAtFolders() }
            for await _ in wakes {
                do {
                    try await clock.sleep(for: Self.lag)
                    try await pass()
                } catch {
                    if !(error is CancellationError) { report(error) }
                }
            }
            group.cancelAll()
        }
    }

    /// Deals with the entries and times that came since the last call, and with what waits.
    package func pass() async throws {
        while try await step() {}
        let now = governor.clock.now()
        let (due, waiting) = try await governor.database.read { transaction in
            (try TriggerTable.due(at: now, in: transaction), try TriggerTable.waiting(at: now, in: transaction))
        }
        for (workspace, name) in due { await guarded { try await tick(name, in: workspace) } }
        for (workspace, name) in waiting { await guarded { try await settle(name, in: workspace) } }
        await guarded { try await BackfillDriver(governor: governor, report: report).pass() }
    }

    /// Looks once at the folders that triggers watch.
    package func look() async throws {
        let watching = try await governor.database.read { try TriggerTable.watching(in: $0) }
        for (workspace, trigger) in watching {
            await guarded { try await FolderWatch(governor: governor, folders: folders, block: block).look(for: trigger, in: workspace) }
        }
    }

    /// Forgets what came of times and ledger entries a quarter of a year ago.
    package static func forgetOld(_ governor: Governor) async throws {
        let limit = governor.clock.now() - .seconds(90 * 86_400)
        try await governor.database.write { try TriggerFiringTable.forget(before: limit, in: $0) }
    }

    private func lookAtFolders() async {
        while !Task.isCancelled {
            do { try await clock.sleep(for: Self.folderInterval) } catch { return }
            await guarded { try await look() }
        }
    }

    /// One trigger's trouble is not another's.
    private func guarded(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            if !(error is CancellationError) { report(error) }
        }
    }

    /// - Returns: Whether there may be more.
    private func step() async throws -> Bool {
        let (last, count, matches) = try await governor.database.read { transaction in
            let position = try ConsumerPosition(of: Self.consumer, in: transaction).current()
            let entries = try LedgerReader(transaction: transaction).entries(after: position ?? -1, limit: Self.batch)
            var triggers: [String: [Trigger]] = [:]
            var matches: [Heard] = []
            for entry in entries.map(\.entry) {
                let known =
                    try triggers[entry.workspace] ?? TriggerTable(transaction: transaction, workspace: entry.workspace).listening()
                triggers[entry.workspace] = known
                for trigger in known where trigger.matches(entry) {
                    if let place = matches.firstIndex(where: { $0.has(room: Self.eventsInChange, for: trigger, in: entry.workspace) }) {
                        matches[place].entries.append(entry)
                    } else {
                        matches.append(Heard(trigger: trigger, workspace: entry.workspace, entries: [entry]))
                    }
                }
            }
            return (entries.last?.seq, entries.count, matches)
        }
        // Nothing is written when nothing has come.
        guard let last else { return false }
        for match in matches { try await hear(match) }
        try await governor.database.write { transaction in
            let position = ConsumerPosition(of: Self.consumer, in: transaction)
            // Another listener may be further.
            if try position.current() ?? -1 < last { try position.move(to: last) }
        }
        return count == Self.batch
    }

    private func hear(_ heard: Heard) async throws {
        let events = heard.entries.map { entry in
            let event = TriggerEvent(entry)
            return (entry: entry, event: event, answer: TriggerExpressions.answer(heard.trigger.specification, to: event))
        }
        let (block, perform, trigger) = (block, perform, heard.trigger)
        _ = try await governor.change(.executionStart, by: trigger.caller(in: heard.workspace)) { change in
            let table = TriggerTable(transaction: change.transaction, workspace: change.workspace)
            // Another listener, or this one before a crash, may have dealt with the events; the trigger may be gone or another.
            guard let current = try table.find(trigger.name) else { return Nothing() }
            var desk = FiringDesk(current, change, perform: perform, block: block)
            for (entry, event, answer) in events where current.matches(entry) {
                let answer =
                    current.generation == trigger.generation ? answer : TriggerExpressions.answer(current.specification, to: event)
                try desk.take(event, answer, of: entry)
            }
            return Nothing()
        }
    }

    /// What one trigger hears in one transaction, in the order of the ledger.
    private struct Heard: Sendable {
        var trigger: Trigger
        var workspace: String
        var entries: [LedgerEntry]

        func has(room: Int, for trigger: Trigger, in workspace: String) -> Bool {
            entries.count < room && self.workspace == workspace && self.trigger.name == trigger.name
        }
    }

    private func tick(_ name: String, in workspace: String) async throws {
        let (block, perform) = (block, perform)
        let caller = Caller.controller(Trigger.principalPrefix + name, in: workspace)
        _ = try await governor.change(.executionStart, by: caller) { change in
            let table = TriggerTable(transaction: change.transaction, workspace: change.workspace)
            guard var trigger = try table.find(name), trigger.paused == nil, case .schedule(let source) = trigger.specification.source
            else {
                return Nothing()
            }
            let schedule = try Schedule(source.cron, timeZone: source.timeZone)
            let plan = TickPlan(schedule, source, since: trigger.considered ?? change.time, at: change.time)
            (trigger.considered, trigger.nextDue) = (plan.considered, plan.next)
            try table.saveProgress(trigger)
            if let text = plan.missedText, let last = plan.missed?.upperBound {
                var desk = FiringDesk(trigger, change, perform: perform, block: block)
                try desk.miss(text, through: last)
            }
            for due in plan.due {
                let event = TriggerEvent(tick: due, of: schedule, name)
                // Each is settled before the next, with what the one before changed.
                var desk = FiringDesk(try table.find(name) ?? trigger, change, perform: perform, block: block)
                _ = try desk.take(event, TriggerExpressions.answer(trigger.specification, to: event))
            }
            return Nothing()
        }
    }

    private func settle(_ name: String, in workspace: String) async throws {
        let (block, perform) = (block, perform)
        let now = governor.clock.now()
        guard try await governor.database.read({ try FiringDesk.hasWork(of: name, in: workspace, at: now, $0) }) else { return }
        let caller = Caller.controller(Trigger.principalPrefix + name, in: workspace)
        _ = try await governor.change(.executionStart, by: caller) { change in
            let table = TriggerTable(transaction: change.transaction, workspace: change.workspace)
            guard let trigger = try table.find(name), trigger.paused == nil else { return Nothing() }
            var desk = FiringDesk(trigger, change, perform: perform, block: block)
            try desk.settle()
            return Nothing()
        }
    }
}

extension Trigger {
    func caller(in workspace: String) -> Caller {
        Caller(session: Session(principal: principal, tokenID: nil, roles: [:]), workspace: workspace)
    }
}
