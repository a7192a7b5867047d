// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Takes events in and carries out what `FiringQueue` decides, within one change: what came of an event and the execution it starts commit
/// together, so that it starts one however many servers see it and however often they begin again.
struct FiringDesk {
    /// Why an event of the ledger must not start anything now; nil lets it.
    typealias Block = @Sendable (any Transaction, LedgerEntry) throws -> String?

    private var change: Change
    private let block: Block
    private let perform: TriggerPerformer?
    private var trigger: Trigger
    /// As it stands in the table.
    private var saved: Trigger
    private let firings: TriggerFiringTable
    private let triggers: TriggerTable

    init(_ trigger: Trigger, _ change: Change, perform: TriggerPerformer? = nil, block: @escaping Block) {
        self.trigger = trigger
        saved = trigger
        self.change = change
        self.block = block
        self.perform = perform
        firings = TriggerFiringTable(of: trigger.name, in: change.workspace, change.transaction)
        triggers = TriggerTable(transaction: change.transaction, workspace: change.workspace)
    }

    /// The next of several events that one transaction deals with: what comes of it names the entry that it is.
    mutating func take(_ event: TriggerEvent, _ answer: TriggerExpressions.Answer, of entry: LedgerEntry) throws {
        change = change.caused(by: entry.id)
        _ = try take(event, answer)
    }

    /// What came of the event, which may be known already or still wait.
    mutating func take(_ event: TriggerEvent, _ answer: TriggerExpressions.Answer) throws -> TriggerFiring {
        if let known = try firings.find(event.entry) { return known }
        var firing = TriggerFiring(event, of: trigger.name, depth: try depth(of: event), at: change.time)
        guard trigger.paused == nil else { return try refuse(firing, .paused, "The trigger is paused.") }
        switch answer {
        case .refused(let reason, let text): return try refuse(firing, reason, text)
        case .accepted(let parameters, let key):
            firing.parameters = parameters
            firing.key = key
        }
        guard firing.depth < trigger.specification.maximumDepth else {
            return try refuse(
                firing, .depth, "\(firing.depth) executions before it were started by triggers because of each other, which is the most.")
        }
        try firings.insert(firing)
        trigger.pendingSince = trigger.pendingSince ?? change.time
        try settle()
        return try firings.find(event.entry) ?? firing
    }

    /// Says that times passed without a look.
    mutating func miss(_ text: String, through last: Timestamp) throws {
        let firing = TriggerFiring(
            trigger: trigger.name, entry: "missed/\(last.rfc3339)", state: .pending, execution: nil, blocked: nil, reason: nil,
            subject: last.rfc3339, key: nil, parameters: nil, depth: 0, time: change.time, decided: nil)
        if try firings.find(firing.entry) == nil { _ = try refuse(firing, .missed, text) }
    }

    /// Decides about the events that wait, as far as that can be done now.
    mutating func settle() throws {
        var pending = try firings.pending()
        var queue = try Self.queue(of: trigger, pending, firings, change.workspace, change.time, change.transaction)
        deciding: while true {
            switch queue.next(at: change.time) {
            case .idle:
                (trigger.pendingSince, trigger.waiting, trigger.nextLook) = (nil, nil, nil)
                break deciding
            case .wait(let until, let because):
                trigger.waiting = because
                // What waits for others' ends is looked at in every pass; writing down when would make each of them a write.
                if until > change.time || trigger.nextLook.map({ $0 > change.time }) ?? true { trigger.nextLook = until }
                break deciding
            case .makeRoom:
                let cancelled = try cancelReplaceable(queue.open - queue.cancelling - trigger.specification.concurrency.limit + 1)
                queue.cancelling += cancelled
                queue.replaceable = max(0, queue.replaceable - max(cancelled, 1))
            case .skip(let entry, let reason, let text):
                if let firing = pending.first(where: { $0.entry == entry }) { try end(firing, reason, text) }
            case .start(let entry):
                guard let firing = pending.first(where: { $0.entry == entry }) else { break deciding }
                if let execution = try start(firing, within: queue.spentBudget) {
                    queue.open += 1
                    queue.startedLately += 1
                    queue.startedThisWeek += 1
                    queue.lastStarted = change.time
                    if let key = firing.key { queue.started[key] = execution }
                }
            }
            // Whatever was decided is over for its event.
            pending = try firings.pending()
            queue.pending = pending.map { FiringQueue.Pending(entry: $0.entry, key: $0.key, arrived: $0.time) }
        }
        guard trigger != saved else { return }
        try triggers.saveProgress(trigger)
        saved = trigger
    }

    /// Whether `settle` would change anything. Read only: a look at each pass must not be a write, which would wake the next one.
    static func hasWork(of name: String, in workspace: String, at now: Timestamp, _ transaction: any Transaction) throws -> Bool {
        guard let trigger = try TriggerTable(transaction: transaction, workspace: workspace).find(name), trigger.paused == nil else {
            return false
        }
        let firings = TriggerFiringTable(of: name, in: workspace, transaction)
        switch try queue(of: trigger, try firings.pending(), firings, workspace, now, transaction).next(at: now) {
        case .wait(let until, let because): return until > now || trigger.waiting != because
        case .idle: return trigger.nextLook != nil
        default: return true
        }
    }

    private static func queue(
        of trigger: Trigger, _ pending: [TriggerFiring], _ firings: TriggerFiringTable, _ workspace: String, _ now: Timestamp,
        _ transaction: any Transaction
    ) throws -> FiringQueue {
        let executions = ExecutionTable(transaction: transaction)
        var started: [String: String] = [:]
        for key in Set(pending.compactMap(\.key)) { started[key] = try firings.execution(for: key) }
        let lately = trigger.specification.budgetPerDay == nil ? 0 : try firings.count(startedAfter: now - .seconds(86_400))
        let thisWeek = trigger.specification.budgetPerWeek == nil ? 0 : try firings.count(startedAfter: now - .seconds(7 * 86_400))
        var queue = FiringQueue(
            specification: trigger.specification,
            pending: pending.map { FiringQueue.Pending(entry: $0.entry, key: $0.key, arrived: $0.time) },
            pendingSince: trigger.pendingSince, lastStarted: trigger.lastStarted, startedLately: lately, started: started,
            startedThisWeek: thisWeek)
        switch trigger.specification.concurrency.policy {
        case .allow: break
        case .forbid, .queue: queue.open = try executions.openCount(trigger.pipeline, in: workspace)
        case .replace:
            let all = try executions.open(trigger.pipeline, in: workspace)
            queue.open = all.count
            queue.cancelling = all.count { $0.wantsCancel }
            queue.replaceable = all.count { $0.isReplaceable }
        }
        return queue
    }

    /// - Parameter spent: Why no execution may be started any more; an action is asked all the same.
    /// - Returns: The execution, or what an action was done to; nil when there is none, which the firing then says.
    private mutating func start(_ firing: TriggerFiring, within spent: String?) throws -> String? {
        var firing = firing
        let entry = try LedgerReader(transaction: change.transaction).entry(id: firing.entry)?.entry
        let action = trigger.specification.action
        if let entry, action?.kind.mayStart ?? true, let because = try block(change.transaction, entry) {
            try end(firing, .blocked, because)
            return nil
        }
        if let action {
            switch try act(action, on: entry, firing) {
            case .acted(let resource): return resource
            case .declined: return nil
            case .start:
                if let spent {
                    try end(firing, .budget, spent)
                    return nil
                }
            }
        }
        do {
            let (change, trigger) = (change, trigger)
            let execution = try change.transaction.attempt {
                // What is no ledger entry becomes one, so that an execution's cause can be proved.
                let cause =
                    try entry?.id
                    ?? change.record(
                        "trigger.heard", on: trigger.resource,
                        ["event": .string(firing.entry), "subject": firing.subject.map { .string($0) } ?? .null])
                return try Executions.insert(
                    trigger.pipeline, firing.parameters ?? [:], startedBy: trigger.principal, cause: "trigger/\(trigger.name) on \(cause)",
                    in: change)
            }
            firing.execution = execution.id
            firing.state = .done
            firing.decided = change.time
            try firings.settle(firing)
            try noteStart(firing, execution.id)
            try change.record(
                "trigger.fired", on: trigger.resource,
                ["entry": .string(firing.entry), "execution": .string(execution.id), "because": .null])
            return execution.id
        } catch let problem as Problem where [.invalid, .notFound, .rejected, .conflict, .tooLarge].contains(problem.kind) {
            // The pipeline or its data have changed since: later events and other triggers must not wait for that.
            try end(firing, .unstartable, problem.what)
            return nil
        }
    }

    /// What the action comes to, with the firing settled unless the pipeline is to be started.
    private mutating func act(_ action: TriggerAction, on entry: LedgerEntry?, _ firing: TriggerFiring) throws -> TriggerAct {
        guard let entry, let perform else {
            try end(firing, .unstartable, "The action can be done only about an entry of the ledger, which is gone.")
            return .declined("")
        }
        do {
            let (change, trigger) = (change, trigger)
            // What the trigger's author had to be allowed when it was applied is what the ledger names.
            let acting = try action.kind.permission.map { try change.under($0.writing, rehearsedUnder: $0.reading) } ?? change
            let act = try change.transaction.attempt { try perform(action, trigger, entry, acting) }
            switch act {
            case .start: break
            case .declined(let because): try end(firing, .blocked, because)
            case .acted(let resource):
                var firing = firing
                (firing.execution, firing.state, firing.decided) = (resource, .done, change.time)
                try firings.settle(firing)
                try noteStart(firing, resource)
                try change.record(
                    "trigger.fired", on: trigger.resource,
                    [
                        "entry": .string(firing.entry), "execution": .null, "action": .string(action.kind.rawValue),
                        "resource": .string(resource), "because": .null,
                    ])
            }
            return act
        } catch let problem as Problem where [.invalid, .notFound, .rejected, .conflict, .tooLarge].contains(problem.kind) {
            try end(firing, .unstartable, problem.what)
            return .declined(problem.what)
        }
    }

    private mutating func noteStart(_ firing: TriggerFiring, _ started: String) throws {
        if let key = firing.key { try firings.use(key, for: started, at: change.time) }
        trigger.lastStarted = change.time
        _ = try triggers.note(nil, of: trigger.name)
    }

    /// - Returns: How many are being cancelled now.
    private func cancelReplaceable(_ number: Int) throws -> Int {
        let open = try ExecutionTable(transaction: change.transaction).open(trigger.pipeline, in: change.workspace)
        let oldest = open.filter(\.isReplaceable).prefix(max(0, number))
        for execution in oldest { try change.cancel(execution, because: trigger.resource) }
        return oldest.count
    }

    private func refuse(_ firing: TriggerFiring, _ reason: TriggerFiring.Reason, _ text: String) throws -> TriggerFiring {
        try firings.insert(firing)
        return try end(firing, reason, text)
    }

    @discardableResult
    private func end(_ firing: TriggerFiring, _ reason: TriggerFiring.Reason, _ text: String) throws -> TriggerFiring {
        var firing = firing
        (firing.state, firing.reason, firing.blocked, firing.decided) = (.done, reason, text, change.time)
        try firings.settle(firing)
        // A storm of events that start nothing is one entry of the ledger; each event has its firing.
        if reason.isNotable, try triggers.note(reason, of: trigger.name) {
            try change.record(
                "trigger.blocked", on: trigger.resource,
                ["entry": .string(firing.entry), "execution": .null, "reason": .string(reason.rawValue), "because": .string(text)])
        }
        return firing
    }

    /// Executions that triggers started, one because of the other, before this event.
    private func depth(of event: TriggerEvent) throws -> Int {
        if let execution = event.execution {
            return try TriggerFiringTable.depth(of: execution, in: change.workspace, change.transaction)
        }
        // Steps of an execution act in the name of the trigger that started it.
        let prefix = "system:" + Trigger.principalPrefix
        guard let actor = event.ledgerEntry?.actor, actor.hasPrefix(prefix) else { return 0 }
        return try TriggerFiringTable.depth(ofLastBy: String(actor.dropFirst(prefix.count)), in: change.workspace, change.transaction)
    }
}
