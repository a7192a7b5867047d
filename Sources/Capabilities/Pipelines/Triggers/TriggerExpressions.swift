// SPDX-License-Identifier: Apache-2.0

import Domain
import Expressions

/// What a trigger's expressions say of an event. They see `event` with the attributes of a CloudEvent: `event.type`, `event.subject`,
/// `event.time`, `event.data`, …
struct TriggerExpressions: Sendable {
    enum Answer: Sendable, Equatable {
        case accepted(parameters: [String: JSONValue], key: String?)
        case refused(TriggerFiring.Reason, String)
    }

    static let limits = EvaluationLimits(cost: 100_000, memory: 4 << 20, time: .seconds(1))
    static let maximumLength = 4096
    static let maximumKeyLength = 500
    private static let environment = ExpressionEnvironment(
        variables: ["event": .map(.string, .dyn)], limits: SyntaxLimits(length: maximumLength, nodes: 1000))

    /// - Throws: `Problem` `.invalid` for the first expression that cannot be read or does not fit.
    static func check(_ specification: TriggerSpecification) throws(Problem) {
        for (place, source, type) in expressions(of: specification) {
            do {
                _ = try environment.compile(source, expecting: type)
            } catch {
                throw Problem(
                    .invalid, "pipelines.trigger.expression", "The expression of '\(place)' cannot be used: \(error.description)",
                    why: "It speaks of 'event', with id, source, type, subject, time and data.",
                    fix: "See docs/expressions.md, and docs/triggers.md for the events.")
            }
        }
    }

    /// An error is a refusal: what cannot be evaluated starts nothing.
    static func answer(_ specification: TriggerSpecification, to event: TriggerEvent) -> Answer {
        if case .http(let source) = specification.source, let type = source.type, type != event.type {
            return .refused(.condition, "It is an event of type '\(event.type.printable)'.")
        }
        let bindings: [String: ExpressionValue]
        do {
            bindings = ["event": try event.expressionValue()]
        } catch {
            return .refused(.error, error.what)
        }
        var place = ""
        do {
            if let condition = specification.condition {
                place = "condition"
                guard try environment.compile(condition, expecting: .bool).decide(bindings, limits: limits) else {
                    return .refused(.condition, "The condition does not hold.")
                }
            }
            var values: [String: JSONValue] = [:]
            for (name, parameter) in specification.parameters.sorted(by: { $0.key < $1.key }) {
                switch parameter {
                case .value(let value): values[name] = value
                case .expression(let source):
                    place = "parameters.\(name)"
                    let value = try environment.compile(source).evaluate(bindings, limits: limits)
                    // An optional without a value leaves the parameter to its default.
                    if case .optional(let optional) = value, optional.value == nil { continue }
                    guard let json = JSONValue(value) else {
                        return .refused(
                            .error, "The expression of '\(place)' gives a value of type \(value.typeName), which no parameter has.")
                    }
                    values[name] = json
                }
            }
            guard let source = specification.key else { return .accepted(parameters: values, key: nil) }
            place = "key"
            guard case .string(let key) = try environment.compile(source).evaluate(bindings, limits: limits) else {
                return .refused(.error, "The expression of 'key' gives no text.")
            }
            guard key.utf8.count <= maximumKeyLength, !key.utf8.contains(0) else {
                return .refused(.error, "The key has more than \(maximumKeyLength) bytes, or a NUL among them.")
            }
            return .accepted(parameters: values, key: key)
        } catch {
            return .refused(.error, "The expression of '\(place)' failed: \(error.description)")
        }
    }

    private static func expressions(of specification: TriggerSpecification) -> [(String, String, ExpressionType?)] {
        var all: [(String, String, ExpressionType?)] = []
        if let condition = specification.condition { all.append(("condition", condition, .bool)) }
        if let key = specification.key { all.append(("key", key, .string)) }
        for (name, parameter) in specification.parameters.sorted(by: { $0.key < $1.key }) {
            if case .expression(let source) = parameter { all.append(("parameters.\(name)", source, nil)) }
        }
        return all
    }
}

extension TriggerEvent {
    /// - Throws: `Problem` when its data nest too deep.
    func expressionValue() throws(Problem) -> ExpressionValue {
        var members: [String: ExpressionValue] = [:]
        for (name, value) in extensions { members[name] = try ExpressionValue(json: value) }
        members["id"] = .string(id)
        members["source"] = .string(source)
        members["type"] = .string(type)
        members["subject"] = subject.map { .string($0) }
        let milliseconds = time.milliseconds % 1000 < 0 ? time.milliseconds % 1000 + 1000 : time.milliseconds % 1000
        members["time"] = Expressions.Timestamp(
            seconds: (time.milliseconds - milliseconds) / 1000, nanoseconds: Int32(milliseconds) * 1_000_000
        ).map { .timestamp($0) }
        members["data"] = try ExpressionValue(json: data)
        return .map(members)
    }
}

extension JSONValue {
    /// Nil for what no parameter can be: bytes, types, null, numbers that are none.
    init?(_ value: ExpressionValue) {
        switch value {
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .integer(value)
        case .uint(let value):
            guard let whole = Int64(exactly: value) else { return nil }
            self = .integer(whole)
        case .double(let value):
            guard value.isFinite else { return nil }
            self = .number(value)
        case .string(let value): self = .string(value)
        case .timestamp(let time): self = .string(time.text)
        case .duration(let span): self = .string(span.text)
        case .optional(let optional):
            guard let content = optional.value, let json = JSONValue(content) else { return nil }
            self = json
        case .list, .map:
            guard let json = try? value.json() else { return nil }
            self = json
        default: return nil
        }
    }
}
