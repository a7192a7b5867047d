// SPDX-License-Identifier: Apache-2.0

import Domain

/// A trigger as declared. Its coded form is the `spec` of a Trigger document with the name beside: one of `schedule`, `event`, `http` and
/// `files`, and the fields that all kinds have.
package struct TriggerSpecification: Sendable, Equatable {
    /// Executions that triggers started one after the other, each because of the one before.
    package static let usualDepth = 8

    package var name: String
    /// Empty for an action that starts none.
    package var pipeline: String
    /// Nil starts the pipeline.
    package var action: TriggerAction?
    package var source: TriggerSource
    /// An expression over the event; nothing starts unless it holds.
    package var condition: String?
    package var parameters: [String: TriggerParameter]
    /// An expression over the event that gives a text; no text starts a second execution.
    package var key: String?
    package var debounce: Debounce
    /// Most executions in any 24 hours.
    package var budgetPerDay: Int?
    /// The same in any seven days; nil is `weeklyBudget`'s standard.
    package var budgetPerWeek: Int?
    package var concurrency: TriggerConcurrency
    /// How long a chain of triggers may be that start each other.
    package var maximumDepth: Int

    package init(
        name: String, pipeline: String, source: TriggerSource, condition: String? = nil, parameters: [String: TriggerParameter] = [:],
        key: String? = nil, debounce: Debounce = Debounce(), budgetPerDay: Int? = nil,
        concurrency: TriggerConcurrency = TriggerConcurrency(),
        maximumDepth: Int = Self.usualDepth, action: TriggerAction? = nil, budgetPerWeek: Int? = nil
    ) {
        self.name = name
        self.pipeline = pipeline
        self.action = action
        self.budgetPerWeek = budgetPerWeek
        self.source = source
        self.condition = condition
        self.parameters = parameters
        self.key = key
        self.debounce = debounce
        self.budgetPerDay = budgetPerDay
        self.concurrency = concurrency
        self.maximumDepth = maximumDepth
    }

    /// How many events may wait.
    package var maximumPending: Int {
        debounce.maximumPending
            ?? (debounce.quietSeconds == nil && debounce.minimumIntervalSeconds == nil && concurrency.policy != .replace ? 100 : 1)
    }
}

/// How many events become one execution.
package struct Debounce: Codable, Sendable, Equatable {
    package static let longest = 30 * 86_400
    package static let mostPending = 1000

    /// Starts when nothing has come for so long.
    package var quietSeconds: Int?
    /// Starts at the latest so long after the first event, however many come.
    package var longestWaitSeconds: Int?
    /// From one execution to the next.
    package var minimumIntervalSeconds: Int?
    /// Events that may wait; beyond, the newest stay.
    package var maximumPending: Int?

    package init(
        quietSeconds: Int? = nil, longestWaitSeconds: Int? = nil, minimumIntervalSeconds: Int? = nil, maximumPending: Int? = nil
    ) {
        self.quietSeconds = quietSeconds
        self.longestWaitSeconds = longestWaitSeconds
        self.minimumIntervalSeconds = minimumIntervalSeconds
        self.maximumPending = maximumPending
    }
}

/// What happens while executions of the pipeline run.
package struct TriggerConcurrency: Codable, Sendable, Equatable {
    package enum Policy: String, Codable, CaseIterable, Sendable {
        /// They run beside each other.
        case allow
        /// The event starts nothing.
        case forbid
        /// The event waits.
        case queue
        /// Those that a trigger started are cancelled; the event waits for their end.
        case replace
    }

    package var policy: Policy
    /// How many may run; without meaning for `allow`.
    package var limit: Int

    package init(policy: Policy = .allow, limit: Int = 1) {
        self.policy = policy
        self.limit = limit
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            policy: try container.decodeIfPresent(Policy.self, forKey: .policy) ?? .allow,
            limit: try container.decodeIfPresent(Int.self, forKey: .limit) ?? 1)
    }
}

extension TriggerSpecification {
    /// Of `respond`, which nobody watches.
    package static let usualResponsesPerWeek = 3

    /// Most executions or actions in any seven days; nil is as many as there are.
    package var weeklyBudget: Int? { budgetPerWeek ?? (action?.kind == .respond ? Self.usualResponsesPerWeek : nil) }
}

extension TriggerSpecification: Codable {
    private enum Keys: String, CodingKey {
        case name, pipeline, schedule, event, http, files, resource, condition, parameters, key, debounce, budgetPerDay, concurrency,
            maximumDepth, action, budgetPerWeek
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        var sources: [TriggerSource] = []
        if let schedule = try container.decodeIfPresent(ScheduleSource.self, forKey: .schedule) { sources.append(.schedule(schedule)) }
        if var event = try container.decodeIfPresent(LedgerSource.self, forKey: .event) {
            // The form of before there were other kinds: `event` a verb and `resource` beside it.
            event.resource = try event.resource ?? container.decodeIfPresent(String.self, forKey: .resource)
            sources.append(.event(event))
        }
        if let http = try container.decodeIfPresent(HTTPSource.self, forKey: .http) { sources.append(.http(http)) }
        if let files = try container.decodeIfPresent(FileSource.self, forKey: .files) { sources.append(.files(files)) }
        let name = try container.decode(String.self, forKey: .name)
        guard sources.count == 1 else {
            throw Problem(
                .invalid, "pipelines.trigger.source", "Trigger '\(name.printable)' names \(sources.count) things to hear.",
                fix: "Give one of 'schedule', 'event', 'http' and 'files'.")
        }
        self.init(
            name: name, pipeline: try container.decodeIfPresent(String.self, forKey: .pipeline) ?? "", source: sources[0],
            condition: try container.decodeIfPresent(String.self, forKey: .condition),
            parameters: try container.decodeIfPresent([String: TriggerParameter].self, forKey: .parameters) ?? [:],
            key: try container.decodeIfPresent(String.self, forKey: .key),
            debounce: try container.decodeIfPresent(Debounce.self, forKey: .debounce) ?? Debounce(),
            budgetPerDay: try container.decodeIfPresent(Int.self, forKey: .budgetPerDay),
            concurrency: try container.decodeIfPresent(TriggerConcurrency.self, forKey: .concurrency) ?? TriggerConcurrency(),
            maximumDepth: try container.decodeIfPresent(Int.self, forKey: .maximumDepth) ?? Self.usualDepth,
            action: try container.decodeIfPresent(TriggerAction.self, forKey: .action),
            budgetPerWeek: try container.decodeIfPresent(Int.self, forKey: .budgetPerWeek))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(name, forKey: .name)
        if !pipeline.isEmpty { try container.encode(pipeline, forKey: .pipeline) }
        try container.encodeIfPresent(action, forKey: .action)
        try container.encodeIfPresent(budgetPerWeek, forKey: .budgetPerWeek)
        switch source {
        case .schedule(let source): try container.encode(source, forKey: .schedule)
        case .event(let source): try container.encode(source, forKey: .event)
        case .http(let source): try container.encode(source, forKey: .http)
        case .files(let source): try container.encode(source, forKey: .files)
        }
        try container.encodeIfPresent(condition, forKey: .condition)
        if !parameters.isEmpty { try container.encode(parameters, forKey: .parameters) }
        try container.encodeIfPresent(key, forKey: .key)
        if debounce != Debounce() { try container.encode(debounce, forKey: .debounce) }
        try container.encodeIfPresent(budgetPerDay, forKey: .budgetPerDay)
        if concurrency != TriggerConcurrency() { try container.encode(concurrency, forKey: .concurrency) }
        if maximumDepth != Self.usualDepth { try container.encode(maximumDepth, forKey: .maximumDepth) }
    }
}
