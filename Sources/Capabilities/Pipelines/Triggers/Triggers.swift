// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Governance

/// The use cases of triggers.
package struct Triggers: Sendable {
    private let governor: Governor
    private let folders: WatchedFolders?

    /// - Parameter folders: What the server watches; nil where that is not known, and a folder's name is taken as it is.
    package init(governor: Governor, folders: WatchedFolders? = nil) {
        self.governor = governor
        self.folders = folders
    }

    /// Makes the trigger or replaces the one of that name. A schedule applied again goes on where it was, unless its times are others.
    package func apply(_ specification: TriggerSpecification, by caller: Caller) async throws -> Trigger {
        try check(specification)
        return try await governor.change(.pipelineApply, by: caller) { try Self.apply(specification, in: $0) }
    }

    /// What can be said without looking at anything but the settings.
    func check(_ specification: TriggerSpecification) throws(Problem) { try specification.check(watching: folders) }

    /// - Parameter specification: Checked.
    static func apply(_ specification: TriggerSpecification, in change: Change) throws -> Trigger {
        if let permission = specification.action?.kind.permission {
            _ = try change.under(permission.writing, rehearsedUnder: permission.reading)
        }
        try check(specification, in: change)
        let table = TriggerTable(transaction: change.transaction, workspace: change.workspace)
        let earlier = try table.find(specification.name)
        var trigger = earlier ?? Trigger(specification, author: change.caller.principal.qualifiedName, created: change.time)
        if earlier?.specification == specification { return trigger }
        trigger.specification = specification
        trigger.author = change.caller.principal.qualifiedName
        if let earlier { trigger.generation = earlier.generation + 1 }
        if case .schedule(let source) = specification.source {
            let schedule = try Schedule(source.cron, timeZone: source.timeZone)
            if case .schedule(let old)? = earlier?.specification.source, old.cron == source.cron, old.timeZone == source.timeZone {
            } else {
                trigger.considered = change.time
                trigger.nextDue = schedule.next(after: change.time)
            }
        } else {
            (trigger.considered, trigger.nextDue) = (nil, nil)
        }
        // Events that wait are looked at by the new rules.
        if trigger.nextLook != nil { trigger.nextLook = change.time }
        try table.save(trigger)
        try change.record(
            "trigger.applied", on: trigger.resource,
            [
                "verb": .string(specification.source.heard), "pipeline": .string(specification.pipeline),
                "generation": .integer(Int64(trigger.generation)),
            ])
        return trigger
    }

    /// A trigger that hears the ledger, with values as parameters.
    package func apply(
        _ name: String, verb: String, resource: String?, pipeline: String, parameters: [String: JSONValue], by caller: Caller
    ) async throws -> Trigger {
        try await apply(
            TriggerSpecification(
                name: name, pipeline: pipeline, source: .event(LedgerSource(verb: verb, resource: resource)),
                parameters: parameters.mapValues { .value($0) }),
            by: caller)
    }

    package func list(after name: String? = nil, limit: Int = 1000, by caller: Caller) async throws -> [Trigger] {
        try await governor.read(.pipelineRead, by: caller) {
            try TriggerTable(transaction: $0, workspace: caller.workspace).all(after: name ?? "", limit: min(max(limit, 1), 1000))
        }
    }

    /// - Throws: `Problem` `.notFound`.
    package func get(_ name: String, by caller: Caller) async throws -> Trigger {
        try await governor.read(.pipelineRead, by: caller) { try Self.find(name, in: caller.workspace, $0) }
    }

    /// Nothing starts until it is resumed; events that wait go on waiting.
    package func pause(_ name: String, by caller: Caller) async throws -> Trigger {
        try await edit(name, "trigger.paused", by: caller) { trigger, now in
            guard trigger.paused == nil else { return false }
            trigger.paused = now
            return true
        }
    }

    /// Times that passed while it was paused count as missed by intention: none of them starts anything.
    package func resume(_ name: String, by caller: Caller) async throws -> Trigger {
        try await edit(name, "trigger.resumed", by: caller) { trigger, now in
            guard trigger.paused != nil else { return false }
            trigger.paused = nil
            if case .schedule(let source) = trigger.specification.source {
                trigger.considered = now
                trigger.nextDue = try Schedule(source.cron, timeZone: source.timeZone).next(after: now)
            }
            return true
        }
    }

    /// Deletes it with what is known of its events. Executions that it started go on.
    package func delete(_ name: String, by caller: Caller) async throws {
        _ = try await governor.change(.pipelineApply, by: caller) { change in
            try Self.delete(name, in: change)
            return Nothing()
        }
    }

    static func delete(_ name: String, in change: Change) throws {
        let trigger = try find(name, in: change.workspace, change.transaction)
        try TriggerTable(transaction: change.transaction, workspace: change.workspace).delete(name)
        try change.record("trigger.deleted", on: trigger.resource, ["pipeline": .string(trigger.pipeline)])
    }

    /// Takes an event that someone sent. The same source and id again gives what came of the first.
    ///
    /// - Throws: `Problem` `.notFound`, and `.invalid` for a trigger that hears something else.
    package func receive(_ event: TriggerEvent, for name: String, by caller: Caller) async throws -> TriggerFiring {
        let found = try await governor.read(.executionStart, by: caller) { try Self.find(name, in: caller.workspace, $0) }
        let answer = TriggerExpressions.answer(found.specification, to: event)
        return try await governor.change(.executionStart, by: caller) { change in
            let trigger = try Self.find(name, in: change.workspace, change.transaction)
            guard case .http = trigger.specification.source else {
                throw Problem(
                    .invalid, "pipelines.trigger.not-http", "Trigger '\(name.printable)' takes no events.",
                    why: "It hears \(trigger.specification.source.kind.rawValue).", fix: "Apply one with 'http'.")
            }
            let current = trigger.generation == found.generation ? answer : TriggerExpressions.answer(trigger.specification, to: event)
            var desk = FiringDesk(trigger, change) { _, _ in nil }
            return try desk.take(event, current)
        }
    }

    /// Newest first.
    ///
    /// - Parameter place: `TriggerFiring.place` of the last one of the page before.
    package func firings(of name: String, after place: String? = nil, limit: Int, by caller: Caller) async throws -> [TriggerFiring] {
        let place = try place.map { try TriggerFiring.place($0) }
        return try await governor.read(.pipelineRead, by: caller) {
            try TriggerFiringTable(of: name, in: caller.workspace, $0).latest(before: place, limit: min(max(limit, 1), 1000))
        }
    }

    private func edit(
        _ name: String, _ verb: String, by caller: Caller, _ body: @escaping @Sendable (inout Trigger, Timestamp) throws -> Bool
    ) async throws -> Trigger {
        try await governor.change(.pipelineApply, by: caller) { change in
            var trigger = try Self.find(name, in: change.workspace, change.transaction)
            guard try body(&trigger, change.time) else { return trigger }
            try TriggerTable(transaction: change.transaction, workspace: change.workspace).saveProgress(trigger)
            try change.record(verb, on: trigger.resource)
            return trigger
        }
    }

    /// What only the pipeline can say: that it exists and takes the parameters. What expressions will give is not known yet.
    private static func check(_ specification: TriggerSpecification, in change: Change) throws {
        if specification.pipeline.isEmpty { return }
        guard
            let version = try PipelineTable(transaction: change.transaction, workspace: change.workspace).latest(specification.pipeline)
        else { throw PipelineTable.unknown(specification.pipeline) }
        let pipeline = try PlannedPipelines.shared.plan(version, in: change.workspace).specification
        var values: [String: JSONValue] = [:]
        for (name, parameter) in specification.parameters {
            switch parameter {
            case .value(let value): values[name] = value
            case .expression: values[name] = pipeline.parameters.first { $0.name == name }?.example ?? .null
            }
        }
        _ = try pipeline.resolveParameters(values)
    }

    static func find(_ name: String, in workspace: String, _ transaction: any Transaction) throws -> Trigger {
        guard let trigger = try TriggerTable(transaction: transaction, workspace: workspace).find(name) else {
            throw Problem(
                .notFound, "pipelines.trigger.unknown", "There is no trigger '\(name.printable)'.", fix: "List them: dhow trigger list.")
        }
        return trigger
    }
}

extension ParameterSpecification {
    /// Some value that it accepts.
    fileprivate var example: JSONValue {
        if let choice = choices?.first { return choice }
        return switch type {
        case .string, .snapshot: ""
        case .integer: 0
        case .number: 0.5
        case .boolean: false
        case .list: []
        case .mapping: [:]
        }
    }
}

extension TriggerSource {
    /// In the ledger: the verb, else what else it hears.
    fileprivate var heard: String {
        switch self {
        case .event(let source): source.verb
        case .schedule(let source): "schedule \(source.cron) \(source.timeZone)"
        case .http: "http"
        case .files(let source): "files \(source.root)/\(source.folder.map { $0 + "/" } ?? "")\(source.pattern)"
        }
    }
}

extension TriggerFiring {
    /// Where a page that ends with it goes on.
    package var place: String { "\(time.milliseconds):\(entry)" }

    fileprivate static func place(_ text: String) throws(Problem) -> (time: Timestamp, entry: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let time = Int64(parts[0]) else {
            throw Problem(
                .invalid, "pipelines.firing.place", "'\(text.printable)' is no place in a list of firings.",
                fix: "Give 'next' of the page before as 'after'.")
        }
        return (Timestamp(milliseconds: time), String(parts[1]))
    }
}
