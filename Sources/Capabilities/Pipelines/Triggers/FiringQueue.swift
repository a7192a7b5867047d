// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What a trigger's recorded state says is to be done now. Pure: asked again after each decision was carried out, until it says to wait.
package struct FiringQueue: Sendable {
    package struct Pending: Sendable, Equatable {
        package var entry: String
        package var key: String?
        package var arrived: Timestamp

        package init(entry: String, key: String? = nil, arrived: Timestamp) {
            self.entry = entry
            self.key = key
            self.arrived = arrived
        }
    }

    package enum Decision: Sendable, Equatable {
        case start(entry: String)
        case skip(entry: String, TriggerFiring.Reason, String)
        /// Cancel the oldest executions that triggers started of the pipeline, as many as are too many.
        case makeRoom
        case wait(until: Timestamp, because: String)
        case idle
    }

    /// A clock that was put back by more than this is not waited for.
    static let tolerance = Duration.seconds(60)

    package let specification: TriggerSpecification
    /// Oldest first.
    package var pending: [Pending]
    /// When the burst of events began.
    package var pendingSince: Timestamp?
    package var lastStarted: Timestamp?
    /// In the last 24 hours.
    package var startedLately: Int
    /// In the last seven days.
    package var startedThisWeek: Int
    /// Open executions of the pipeline, those being cancelled too.
    package var open: Int
    /// Of these, those that are being cancelled.
    package var cancelling: Int
    /// Of these, those that a trigger started and that are not being cancelled.
    package var replaceable: Int
    /// Executions by the keys they were started for, of keys that pending events have.
    package var started: [String: String]

    package init(
        specification: TriggerSpecification, pending: [Pending], pendingSince: Timestamp? = nil, lastStarted: Timestamp? = nil,
        startedLately: Int = 0, open: Int = 0, cancelling: Int = 0, replaceable: Int = 0, started: [String: String] = [:],
        startedThisWeek: Int = 0
    ) {
        self.specification = specification
        self.pending = pending
        self.pendingSince = pendingSince
        self.lastStarted = lastStarted
        self.startedLately = startedLately
        self.startedThisWeek = startedThisWeek
        self.open = open
        self.cancelling = cancelling
        self.replaceable = replaceable
        self.started = started
    }

    package func next(at now: Timestamp) -> Decision {
        if let same = pending.first(where: { $0.key.map { started[$0] != nil } ?? false }), let key = same.key, let execution = started[key]
        {
            return .skip(entry: same.entry, .sameKey, "Execution \(execution) was started for the key '\(key.printable)'.")
        }
        guard let oldest = pending.first, let newest = pending.last else { return .idle }
        if pending.count > specification.maximumPending {
            return .skip(entry: oldest.entry, .superseded, "\(specification.maximumPending) newer events wait.")
        }
        if let wait = quiet(oldest, newest, now) { return wait }
        if specification.debounce.quietSeconds != nil, pending.count > 1 {
            return .skip(entry: oldest.entry, .superseded, "A newer event came within the quiet period.")
        }
        if let interval = specification.debounce.minimumIntervalSeconds, let last = lastStarted,
            let until = Self.end(of: interval, from: last, at: now)
        {
            return .wait(until: until, because: "\(interval) s have to pass after the last execution.")
        }
        // What may come to no execution is asked first, so that a rollback is not kept waiting by trainings.
        if !(specification.action?.kind.mayStart ?? false), let spent = spentBudget {
            return .skip(entry: oldest.entry, .budget, spent)
        }
        return concurrency(oldest, now)
    }

    /// Why nothing more may be started now, as a sentence; nil while something may.
    package var spentBudget: String? {
        if let budget = specification.budgetPerDay, startedLately >= budget {
            return "\(startedLately) executions were started in 24 hours, the budget is \(budget)."
        }
        if let budget = specification.weeklyBudget, startedThisWeek >= budget {
            return "\(startedThisWeek) executions were started in seven days, the budget is \(budget)."
        }
        return nil
    }

    private func quiet(_ oldest: Pending, _ newest: Pending, _ now: Timestamp) -> Decision? {
        guard let quiet = specification.debounce.quietSeconds, let until = Self.end(of: quiet, from: newest.arrived, at: now) else {
            return nil
        }
        guard let longest = specification.debounce.longestWaitSeconds else {
            return .wait(until: until, because: "Nothing may come for \(quiet) s first.")
        }
        guard let latest = Self.end(of: longest, from: pendingSince ?? oldest.arrived, at: now) else { return nil }
        return .wait(until: min(until, latest), because: "Nothing may come for \(quiet) s first, at the longest \(longest) s.")
    }

    private func concurrency(_ oldest: Pending, _ now: Timestamp) -> Decision {
        let (policy, limit) = (specification.concurrency.policy, specification.concurrency.limit)
        guard policy != .allow, open >= limit else { return .start(entry: oldest.entry) }
        let because = "\(open) executions of the pipeline are open, the limit is \(limit)."
        switch policy {
        case .allow: return .start(entry: oldest.entry)
        case .forbid: return .skip(entry: oldest.entry, .overlap, because)
        case .queue: return .wait(until: now, because: because)
        case .replace:
            return open - cancelling >= limit && replaceable > 0 ? .makeRoom : .wait(until: now, because: because)
        }
    }

    /// Nil when the time is over, or lies so far ahead that the clock must have been put back.
    private static func end(of seconds: Int, from start: Timestamp, at now: Timestamp) -> Timestamp? {
        let end = start + .seconds(seconds)
        return now >= end || start > now + tolerance ? nil : end
    }
}
