// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// Reads the ledger and fires triggers: firing, execution and ledger entry commit together, so that an event starts exactly one execution
/// of each trigger, however many listeners there are and however often they begin again.
package struct TriggerListener: Sendable {
    private static let consumer = "triggers"
    private static let batch = 200
    private static let interval = Duration.seconds(1)
    /// An entry can be read a little after its commit, when it has its place in the ledger.
    private static let lag = Duration.milliseconds(100)
    private let governor: Governor
    private let clock: any Clock<Duration>
    private let report: @Sendable (any Error) -> Void
    /// Why an event must not start anything now; nil lets it.
    private let block: @Sendable (any Transaction, LedgerEntry) throws -> String?
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    /// - Parameter report: Receives what a pass failed with; the next one tries again.
    package init(
        governor: Governor, clock: any Clock<Duration> = ContinuousClock(), report: @escaping @Sendable (any Error) -> Void = { _ in },
        block: @escaping @Sendable (any Transaction, LedgerEntry) throws -> String?
    ) {
        self.governor = governor
        self.clock = clock
        self.report = report
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

    /// Deals with the entries that came since the last call.
    package func pass() async throws {
        while try await step() {}
    }

    /// - Returns: Whether there may be more.
    private func step() async throws -> Bool {
        let (last, count, matches) = try await governor.database.read { transaction in
            let position = try ConsumerPosition(of: Self.consumer, in: transaction).current()
            let entries = try LedgerReader(transaction: transaction).entries(after: position ?? -1, limit: Self.batch)
            var triggers: [String: [Trigger]] = [:]
            var matches: [(Trigger, LedgerEntry)] = []
            for entry in entries.map(\.entry) {
                let known = try triggers[entry.workspace] ?? TriggerTable(transaction: transaction, workspace: entry.workspace).all()
                triggers[entry.workspace] = known
                matches += known.filter { $0.matches(entry) }.map { ($0, entry) }
            }
            return (entries.last?.seq, entries.count, matches)
        }
        // Nothing is written when nothing has come.
        guard let last else { return false }
        for (trigger, entry) in matches { try await fire(trigger, on: entry) }
        try await governor.database.write { transaction in
            let position = ConsumerPosition(of: Self.consumer, in: transaction)
            // Another listener may be further.
            if try position.current() ?? -1 < last { try position.move(to: last) }
        }
        return count == Self.batch
    }

    private func fire(_ trigger: Trigger, on entry: LedgerEntry) async throws {
        let principal = Principal(name: "trigger-\(trigger.name)", kind: .system)
        let caller = Caller(
            session: Session(principal: principal, tokenID: nil, roles: [:]), workspace: entry.workspace, requestID: entry.id)
        let block = block
        _ = try await governor.change(.executionStart, by: caller) { change in
            let table = TriggerTable(transaction: change.transaction, workspace: change.workspace)
            // Another listener, or this one before a crash, may have dealt with the event.
            if try table.hasFired(trigger.name, entry.id) { return Nothing() }
            var firing = TriggerFiring(trigger: trigger.name, entry: entry.id, time: change.time)
            firing.blocked = try block(change.transaction, entry)
            if firing.blocked == nil {
                do {
                    let cause = "trigger/\(trigger.name) on \(entry.id)"
                    firing.execution = try change.transaction.attempt {
                        try Executions.insert(trigger.pipeline, trigger.parameters, startedBy: principal, cause: cause, in: change)
                    }.id
                } catch let problem as Problem where [.invalid, .notFound].contains(problem.kind) {
                    // The pipeline or its data have changed since: later events and other triggers must not wait for that.
                    firing.blocked = problem.what
                }
            }
            try table.insert(firing)
            try change.record(
                firing.blocked == nil ? "trigger.fired" : "trigger.blocked", on: "trigger/\(trigger.name)",
                [
                    "entry": .string(entry.id), "execution": firing.execution.map { .string($0) } ?? .null,
                    "because": firing.blocked.map { .string($0) } ?? .null,
                ])
            return Nothing()
        }
    }
}
