// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// What may stand in a trigger's `spec`, but for what only `TriggerSpecification.check` can say: one of the four sources, expressions,
/// schedules, folders.
enum TriggerShape {
    static let spec = DocumentShape.record([
        DocumentField("pipeline", .name, "The pipeline to start; needed unless an action starts none."),
        DocumentField("action", action, "What is done instead of starting the pipeline, or before."),
        DocumentField("schedule", schedule, "Hears times that come again."),
        DocumentField("event", .either([verb, event]), "Hears ledger entries: a verb, or a verb with a resource."),
        DocumentField("http", .record([DocumentField("type", .text(length: 1...500), "Only events of this type.")]), "Hears CloudEvents."),
        DocumentField("files", files, "Hears files that come or change in a watched folder."),
        DocumentField("resource", resource, "With an event that is a verb alone: only about this resource or beneath it."),
        DocumentField("condition", expression, "Nothing starts unless this expression over the event holds."),
        DocumentField(
            "parameters", .map(.anything), "Values that executions are started with, or {expression: …} over the event.", standard: [:]),
        DocumentField("key", expression, "An expression that gives a text; no text starts a second execution."),
        DocumentField("debounce", debounce, "How many events become one execution."),
        DocumentField("budgetPerDay", .integer(1...100_000), "Most executions in any 24 hours."),
        DocumentField(
            "budgetPerWeek", .integer(1...100_000), "Most executions or actions in any seven days."),
        DocumentField("concurrency", concurrency, "What happens while executions of the pipeline run."),
        DocumentField(
            "maximumDepth", .integer(1...100), "How long a chain of triggers may be that start each other.",
            standard: .integer(Int64(TriggerSpecification.usualDepth))),
    ])

    private static let action = DocumentShape.record([
        DocumentField(
            "kind", .choice(TriggerAction.Kind.allCases.map(\.rawValue)),
            "roll-back: gives traffic back; freeze: an environment; notify: tells webhooks; ask: a person; respond: rolls back or retrains.",
            isRequired: true),
        DocumentField("endpoint", .name, "Of roll-back, ask and respond; the event's when left out."),
        DocumentField("environment", .name, "Of freeze."),
        DocumentField("message", .text(length: 1...1000), "Why, for people."),
    ])

    private static let expression = DocumentShape.text(length: 1...16_384)
    private static let verb = DocumentShape.text(pattern: "[^.]+[.].+", length: 3...100)
    private static let resource = DocumentShape.text(length: 1...500)

    private static let schedule = DocumentShape.record([
        DocumentField("cron", .text(length: 1...200), "Minute, hour, day of month, month and day of week.", isRequired: true),
        DocumentField("timeZone", .text(length: 1...100), "A name of the IANA database, such as Europe/Berlin.", standard: "UTC"),
        DocumentField(
            "missed", .choice(ScheduleSource.Missed.allCases.map(\.rawValue)),
            "Which of the times start something at which no server looked.",
            standard: .string(ScheduleSource.Missed.last.rawValue)),
        DocumentField("cap", .integer(1...ScheduleSource.largestCap), "How many of them at most.", standard: 10),
    ])

    private static let event = DocumentShape.record([
        DocumentField("verb", verb, "Such as 'performance.breached'.", isRequired: true),
        DocumentField("resource", resource, "Only about this resource or beneath it, such as 'endpoint/flights'."),
    ])

    private static let files = DocumentShape.record([
        DocumentField(
            "root", .text(length: 1...200), "The name of a folder that the server watches.", standard: .string(WatchedFolders.own)),
        DocumentField("folder", .text(length: 1...1000), "A folder beneath it."),
        DocumentField("pattern", .text(length: 1...1000), "Which files: '*.csv', '**/*.parquet'.", isRequired: true),
    ])

    private static let debounce = DocumentShape.record([
        DocumentField("quietSeconds", .integer(1...Debounce.longest), "Starts when nothing has come for so long."),
        DocumentField("longestWaitSeconds", .integer(1...Debounce.longest), "Starts at the latest so long after the first event."),
        DocumentField("minimumIntervalSeconds", .integer(1...Debounce.longest), "From one execution to the next."),
        DocumentField("maximumPending", .integer(1...Debounce.mostPending), "Events that may wait; beyond, the newest stay."),
    ])

    private static let concurrency = DocumentShape.record([
        DocumentField(
            "policy", .choice(TriggerConcurrency.Policy.allCases.map(\.rawValue)),
            "allow: beside each other; forbid: the event starts nothing; queue: it waits; replace: it waits until those that run are cancelled.",
            standard: .string(TriggerConcurrency.Policy.allow.rawValue)),
        DocumentField("limit", .integer(1...1000), "How many may run.", standard: 1),
    ])
}
