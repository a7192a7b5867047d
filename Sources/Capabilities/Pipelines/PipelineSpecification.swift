// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A pipeline as declared: parameters and a graph of steps. Made by `PipelineParser`; checked and ordered by `ExecutionPlan`.
package struct PipelineSpecification: Sendable, Codable, Equatable {
    package static let apiVersion = "dhow/v1"
    package static let maximumSteps = 10_000
    package static let maximumParameters = 100

    package var name: String
    package var parameters: [ParameterSpecification]
    package var steps: [StepSpecification]
    /// Wall-clock limit of an execution without its pauses, its turn in a queue and waiting for people only; nil for none.
    package var timeoutSeconds: Int?
    /// What happens when an execution is started while others go on; nil for no limit.
    package var concurrency: ConcurrencyRule?
    /// What a step of kind pipeline that calls this one gets as outputs.
    package var outputs: [String: Binding] = [:]

    package init(name: String, parameters: [ParameterSpecification] = [], steps: [StepSpecification]) {
        self.name = name
        self.parameters = parameters
        self.steps = steps
    }
}

/// How many executions of a pipeline go on at a time.
package struct ConcurrencyRule: Sendable, Codable, Equatable {
    package enum Policy: String, Sendable, Codable, CaseIterable {
        /// The new one waits for its turn.
        case queue
        /// The new one is refused.
        case refuse
        /// The oldest one is cancelled.
        case replace
    }

    package static let maximumLimit = 1000

    package var policy: Policy
    package var limit: Int

    package init(policy: Policy, limit: Int = 1) {
        self.policy = policy
        self.limit = limit
    }
}

/// A value that an execution is started with.
package struct ParameterSpecification: Sendable, Codable, Equatable {
    package enum ValueType: String, Sendable, Codable, CaseIterable {
        case string, integer, number, boolean
        /// The name of a recorded dataset snapshot; text.
        case snapshot
        case list, mapping
    }

    package var name: String
    package var type: ValueType
    /// Nil when the execution must give a value.
    package var defaultValue: JSONValue?
    /// The only values allowed; any when nil.
    package var choices: [JSONValue]?
    package var description: String?

    package init(name: String, type: ValueType = .string, defaultValue: JSONValue? = nil) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
    }
}

extension ParameterSpecification.ValueType {
    /// True when `value` is of this type; a whole number is also a `number`.
    package func accepts(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.string, .string), (.snapshot, .string), (.integer, .integer), (.number, .integer), (.number, .number), (.boolean, .bool),
            (.list, .array), (.mapping, .object):
            true
        default: false
        }
    }
}

extension ParameterSpecification {
    /// True when `value` is one of the choices; a whole number is also the number it stands for.
    package func allows(_ value: JSONValue) -> Bool {
        guard let choices else { return true }
        return choices.contains { $0 == value || ($0.double != nil && $0.double == value.double) }
    }
}

extension PipelineSpecification {
    /// The values of one execution: those given, and defaults for the rest.
    package func resolveParameters(_ given: [String: JSONValue]) throws(Problem) -> [String: JSONValue] {
        if let unknown = given.keys.sorted().first(where: { name in !parameters.contains { $0.name == name } }) {
            throw Problem(
                .invalid, "pipelines.parameter.unknown", "Pipeline '\(name)' has no parameter '\(unknown.printable)'.",
                fix: parameters.isEmpty ? "Give none." : "Its parameters are \(parameters.map(\.name).joined(separator: ", ")).")
        }
        var values: [String: JSONValue] = [:]
        for parameter in parameters {
            guard let value = given[parameter.name] ?? parameter.defaultValue else {
                throw Problem(
                    .invalid, "pipelines.parameter.missing", "Parameter '\(parameter.name)' of pipeline '\(name)' has no value.",
                    why: "It has no default.", fix: "Give one of type \(parameter.type.rawValue).")
            }
            guard parameter.type.accepts(value) else {
                throw Problem(
                    .invalid, "pipelines.parameter.mismatch", "The value of parameter '\(parameter.name)' has the wrong type.",
                    why: "The parameter is of type \(parameter.type.rawValue).", fix: "Give a value of that type.")
            }
            guard parameter.allows(value) else {
                throw Problem(
                    .invalid, "pipelines.parameter.choice", "The value of parameter '\(parameter.name)' is none of its choices.",
                    fix: "Give one of \((parameter.choices ?? []).map(\.jsonText).joined(separator: ", ")).")
            }
            values[parameter.name] = value
        }
        return values
    }
}
