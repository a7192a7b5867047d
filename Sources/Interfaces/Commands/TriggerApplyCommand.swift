// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow trigger apply`
struct TriggerApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make a trigger, or replace the one of that name.",
        discussion: "It hears one thing: --cron, --on, --http or --files. See docs/triggers.md.")

    @OptionGroup var options: ClientOptions
    @Argument var name: String
    @Option(help: "The pipeline to start; not for an action that starts none.") var pipeline: String?
    @Option(help: "Instead: roll-back, freeze, notify, ask or respond (with --pipeline: roll back or retrain).") var action: String?
    @Option(help: "The action's endpoint; the event's when not named.") var endpoint: String?
    @Option(help: "The environment that the action freezes.") var environment: String?
    @Option(help: "Why the action is done, for people.") var message: String?

    @Option(help: "Times, such as '0 3 * * *' or @daily.") var cron: String?
    @Option(help: "Time zone of the times, such as Europe/Berlin; UTC when not named.") var timeZone: String?
    @Option(help: "What becomes of times at which no server looked: skip, last or all.") var missed: String?

    @Option(name: .customLong("on"), help: "An event of the ledger, such as performance.breached.") var event: String?
    @Option(help: "Only events about this resource or beneath it, such as endpoint/flights.") var resource: String?

    @Flag(help: "CloudEvents that are sent to /api/v1/triggers/NAME/events.") var http = false
    @Option(name: .customLong("event-type"), help: "Only events of this type.") var eventType: String?

    @Option(help: "Files that appear or change, such as '*.csv'.") var files: String?
    @Option(help: "A folder beneath the watched folder.") var folder: String?
    @Option(help: "The watched folder by its name; 'incoming' of the data folder when not named.") var root: String?

    @Option(help: "An expression over 'event'; nothing starts unless it holds.") var condition: String?
    @Option(help: "An expression over 'event' that gives a text; no text starts a second execution.") var key: String?
    @OptionGroup var parameters: ParameterOptions
    @Option(name: [.customShort("e"), .customLong("parameter-expression")], help: "A parameter as NAME=EXPRESSION over 'event'.")
    var expressions: [String] = []

    @Option(help: "Start when nothing came for so many seconds.") var quiet: Int?
    @Option(help: "Start after so many seconds at the latest.") var longestWait: Int?
    @Option(help: "Seconds from one execution to the next.") var minimumInterval: Int?
    @Option(help: "How many events may wait; the newest stay.") var maximumPending: Int?
    @Option(help: "Most executions in 24 hours.") var budget: Int?
    @Option(help: "Most executions or actions in seven days.") var weeklyBudget: Int?
    @Option(help: "While executions of the pipeline run: allow, forbid, queue or replace.") var concurrency: String?
    @Option(help: "How many of them may run.") var concurrencyLimit: Int?

    func run() async throws {
        let client = try options.client()
        var members: [String: JSONValue] = ["name": .string(name)]
        members["pipeline"] = text(pipeline)
        let act = Self.object([
            "kind": text(action), "endpoint": text(endpoint), "environment": text(environment), "message": text(message),
        ])
        if act != .object([:]) { members["action"] = act }
        members["budgetPerWeek"] = number(weeklyBudget)
        if let cron { members["schedule"] = Self.object(["cron": .string(cron), "timeZone": text(timeZone), "missed": text(missed)]) }
        if let event { members["event"] = Self.object(["verb": .string(event), "resource": text(resource)]) }
        if http { members["http"] = Self.object(["type": text(eventType)]) }
        if let files { members["files"] = Self.object(["pattern": .string(files), "folder": text(folder), "root": text(root)]) }
        members["condition"] = text(condition)
        members["key"] = text(key)
        members["budgetPerDay"] = number(budget)
        let debounce = Self.object([
            "quietSeconds": number(quiet), "longestWaitSeconds": number(longestWait), "minimumIntervalSeconds": number(minimumInterval),
            "maximumPending": number(maximumPending),
        ])
        if debounce != .object([:]) { members["debounce"] = debounce }
        let rule = Self.object(["policy": text(concurrency), "limit": number(concurrencyLimit)])
        if rule != .object([:]) { members["concurrency"] = rule }
        members["parameters"] = .object(try await values(client))
        let answer: TriggerAnswer = try await client.post("/api/v1/triggers", JSONValue.object(members))
        if options.json { return try Output.json(answer) }
        let next = answer.next.first.map { " Its next time is \(Output.time($0))." } ?? ""
        let done = [action, answer.pipeline.isEmpty ? nil : "starts \(answer.pipeline)"].compactMap(\.self).joined(separator: ", ")
        print("Trigger \(answer.name) \(done) on \(try answer.heard).\(next)")
    }

    private func values(_ client: DhowClient) async throws -> [String: JSONValue] {
        guard let pipeline else { return [:] }
        var values = try await parameters.values(for: pipeline, client)
        for expression in expressions {
            guard let mark = expression.firstIndex(of: "="), mark > expression.startIndex else {
                throw Problem(
                    .invalid, "client.parameter.malformed", "'\(expression.printable)' is not NAME=EXPRESSION.",
                    fix: "Write -e month=event.data.month, for example.")
            }
            let text = String(expression[expression.index(after: mark)...])
            values[String(expression[..<mark])] = .object(["expression": .string(text)])
        }
        return values
    }

    private func text(_ value: String?) -> JSONValue? { value.map { .string($0) } }

    private func number(_ value: Int?) -> JSONValue? { value.map { .integer(Int64($0)) } }

    private static func object(_ members: [String: JSONValue?]) -> JSONValue { .object(members.compactMapValues { $0 }) }
}
