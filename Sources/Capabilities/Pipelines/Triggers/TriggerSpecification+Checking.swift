// SPDX-License-Identifier: Apache-2.0

import Documents
package import Domain
import Foundation

extension TriggerSpecification {
    private static let fields = [
        "name", "pipeline", "schedule", "event", "http", "files", "resource", "condition", "parameters", "key", "debounce", "budgetPerDay",
        "concurrency", "maximumDepth", "action", "budgetPerWeek",
    ]
    private static let partFields = [
        "schedule": ["cron", "timeZone", "missed", "cap"], "event": ["verb", "resource"], "http": ["type"],
        "files": ["root", "folder", "pattern"],
        "debounce": ["quietSeconds", "longestWaitSeconds", "minimumIntervalSeconds", "maximumPending"],
        "concurrency": ["policy", "limit"], "action": ["kind", "endpoint", "environment", "message"],
    ]

    /// Reads the coded form and refuses fields it does not have.
    ///
    /// - Throws: `Problem` `.invalid` that names the field.
    package static func read(_ value: JSONValue) throws(Problem) -> TriggerSpecification {
        try check(value, fields, in: "a trigger")
        for (part, known) in partFields {
            if let value = value[part], case .object = value { try check(value, known, in: "'\(part)' of a trigger") }
        }
        do {
            return try JSONDecoder().decode(TriggerSpecification.self, from: JSONEncoder().encode(value))
        } catch let problem as Problem {
            throw problem
        } catch let error as DecodingError {
            throw Problem(
                .invalid, "pipelines.trigger.malformed", "The trigger does not have the form expected.", why: explanation(of: error),
                fix: "See docs/triggers.md for the fields and their values.")
        } catch {
            throw Problem(.invalid, "pipelines.trigger.malformed", "The trigger cannot be read.", why: "\(error)")
        }
    }

    /// What can be said without looking at anything else.
    package func check(watching folders: WatchedFolders? = nil) throws(Problem) {
        try ResourceName.check(name, of: "trigger")
        try checkAction()
        try checkSource(folders)
        try TriggerExpressions.check(self)
        try Self.check(debounce.quietSeconds, "debounce.quietSeconds", 1...Debounce.longest)
        try Self.check(debounce.longestWaitSeconds, "debounce.longestWaitSeconds", 1...Debounce.longest)
        try Self.check(debounce.minimumIntervalSeconds, "debounce.minimumIntervalSeconds", 1...Debounce.longest)
        try Self.check(debounce.maximumPending, "debounce.maximumPending", 1...Debounce.mostPending)
        try Self.check(budgetPerDay, "budgetPerDay", 1...100_000)
        try Self.check(budgetPerWeek, "budgetPerWeek", 1...100_000)
        try Self.check(concurrency.limit, "concurrency.limit", 1...1000)
        try Self.check(maximumDepth, "maximumDepth", 1...100)
        guard debounce.longestWaitSeconds == nil || debounce.quietSeconds != nil else {
            throw Problem(
                .invalid, "pipelines.trigger.longestWait", "A longest wait needs a quiet period.",
                why: "Without one nothing waits for more events.", fix: "Give debounce.quietSeconds too.")
        }
    }

    private func checkAction() throws(Problem) {
        guard let action else {
            guard !pipeline.isEmpty else {
                throw Problem(
                    .invalid, "pipelines.trigger.pipeline", "Trigger '\(name.printable)' names no pipeline.",
                    fix: "Give 'pipeline', or an 'action' that needs none.")
            }
            return
        }
        if let why = action.fault(pipeline: pipeline) {
            throw Problem(.invalid, "pipelines.trigger.action", "The action of trigger '\(name.printable)' cannot be used.", why: why)
        }
        for (noun, name) in [("endpoint", action.endpoint), ("environment", action.environment)] {
            if let name { try ResourceName.check(name, of: noun) }
        }
        guard case .event = source else {
            throw Problem(
                .invalid, "pipelines.trigger.action-source", "Only a trigger that hears the ledger has an action.",
                why: "Whoever caused the action must stand in the ledger.", fix: "Give 'event', or start a pipeline.")
        }
    }

    private func checkSource(_ folders: WatchedFolders?) throws(Problem) {
        switch source {
        case .schedule(let source):
            _ = try Schedule(source.cron, timeZone: source.timeZone)
            try Self.check(source.cap, "schedule.cap", 1...ScheduleSource.largestCap)
        case .event(let source):
            guard source.verb.utf8.count <= 100, source.verb.contains("."), (source.resource?.utf8.count ?? 0) <= 500 else {
                throw Problem(
                    .invalid, "pipelines.trigger.malformed", "'\(source.verb.printable)' is not an event.",
                    fix: "Name one such as 'performance.breached'.")
            }
            guard !source.verb.hasPrefix("trigger.") else {
                throw Problem(
                    .invalid, "pipelines.trigger.circular", "A trigger cannot be started by triggers.",
                    fix: "Name the event that the other trigger waits for.")
            }
        case .http(let source): try Self.check(source.type?.utf8.count, "the length of http.type", 1...500)
        case .files(let source): try Self.check(source, folders)
        }
    }

    private static func check(_ source: FileSource, _ folders: WatchedFolders?) throws(Problem) {
        for path in [source.folder, source.pattern] {
            guard let path, !RelativePath.isContained(path) else { continue }
            throw Problem(
                .invalid, "pipelines.trigger.path", "'\(path.printable)' is not a path beneath a watched folder.",
                fix: "Write it relative to the folder, without '..', such as '*.csv'.")
        }
        if let folders, folders.paths[source.root] == nil {
            throw Problem(
                .invalid, "pipelines.trigger.folder", "The server watches no folder '\(source.root.printable)'.",
                why: "Files are looked for only in folders that the server is set to watch: "
                    + (folders.paths.isEmpty ? "none." : "\(folders.paths.keys.sorted().joined(separator: ", "))."),
                fix: "Start it with --watched-folders NAME=PATH, or name one of these.")
        }
    }

    private static func check(_ value: Int?, _ field: String, _ range: ClosedRange<Int>) throws(Problem) {
        guard let value, !range.contains(value) else { return }
        throw Problem(
            .invalid, "pipelines.trigger.range", "\(value) is no value of \(field).",
            fix: "Use \(range.lowerBound) to \(range.upperBound).")
    }

    private static func check(_ value: JSONValue, _ known: [String], in place: String) throws(Problem) {
        guard case .object(let members) = value else {
            throw Problem(.invalid, "pipelines.trigger.malformed", "The trigger is no mapping.", fix: "See docs/triggers.md.")
        }
        guard let unknown = members.keys.sorted().first(where: { !known.contains($0) }) else { return }
        throw Problem(
            .invalid, "pipelines.field.unknown", "'\(unknown.printable)' is not a field of \(place).",
            why: DocumentNode.suggestion(for: unknown, among: known), fix: "Its fields are \(known.joined(separator: ", ")).")
    }

    private static func explanation(of error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String { path.isEmpty ? "the top" : "'\(path.map(\.stringValue).joined(separator: "."))'" }
        switch error {
        case .keyNotFound(let key, let context): return "'\(key.stringValue)' is missing at \(place(context.codingPath))."
        case .typeMismatch(let type, let context): return "The value at \(place(context.codingPath)) is not a \(type)."
        case .valueNotFound(let type, let context): return "The value at \(place(context.codingPath)) is null, not a \(type)."
        case .dataCorrupted(let context): return "At \(place(context.codingPath)): \(context.debugDescription.printable)"
        @unknown default: return "It does not decode."
        }
    }
}
