// SPDX-License-Identifier: Apache-2.0

import Documents
package import Domain
import Expressions

/// The conditions and lists that steps are written with, in CEL (docs/expressions.md).
///
/// | name | is |
/// |---|---|
/// | `parameters` | the execution's values, of the types declared |
/// | `steps` | by name: `state`, a text, and `outputs`, those that are values; naming a step makes it a need |
/// | `item`, `index` | in a step with `forEach`, the element and its place from 0 |
///
/// **An error never permits**: where evaluation throws, the condition does not hold and the list has no elements.
package struct StepExpressions: Sendable {
    package static let maximumBytes = 16 << 10
    private static let syntax = SyntaxLimits(length: maximumBytes, nodes: 5000)
    private static let limits = EvaluationLimits(cost: 1_000_000, memory: 32 << 20, time: .seconds(1))

    private let parameters: [String: ParameterSpecification.ValueType]
    private let environment: ExpressionEnvironment
    /// With `item` and `index`.
    private let itemEnvironment: ExpressionEnvironment

    package init(parameters: [ParameterSpecification]) {
        self.parameters = Dictionary(parameters.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        var variables: [String: ExpressionType] = ["parameters": .map(.string, .dyn), "steps": .map(.string, .map(.string, .dyn))]
        for parameter in parameters { variables["parameters.\(parameter.name)"] = Self.type(of: parameter.type) }
        environment = ExpressionEnvironment(variables: variables, limits: Self.syntax)
        variables["item"] = .dyn
        variables["index"] = .int
        itemEnvironment = ExpressionEnvironment(variables: variables, limits: Self.syntax)
    }

    /// Whether a condition holds.
    ///
    /// - Throws: `Problem` `.invalid` or, for a spent limit, `.exhausted`: it does not hold.
    package func holds(_ source: String, in scope: StepScope) throws(Problem) -> Bool {
        let condition = try compile(source, expecting: .bool, hasItem: scope.item != nil)
        let values = try values(of: scope)
        return try Self.translating(source) { () throws(ExpressionError) in try condition.decide(values, limits: Self.limits) }
    }

    /// The elements of a list, for the runs of a step with `forEach`.
    ///
    /// - Throws: As `holds`; also when there are more than `FanOut.maximumItems`.
    package func items(_ source: String, in scope: StepScope) throws(Problem) -> [JSONValue] {
        let expression = try compile(source, expecting: .list(.dyn), hasItem: scope.item != nil)
        let values = try values(of: scope)
        let found = try Self.translating(source) { () throws(ExpressionError) in try expression.evaluate(values, limits: Self.limits) }
        guard case .list(let list) = found else {
            throw Problem(
                .invalid, "pipelines.expression.type", "'\(source.printable)' gives a value of type \(found.typeName), not a list.",
                fix: "Write an expression that gives a list.")
        }
        guard list.elements.count <= FanOut.maximumItems else {
            throw Problem(
                .exhausted, "pipelines.forEach.tooMany", "'\(source.printable)' gives \(list.elements.count) elements.",
                why: "At most \(FanOut.maximumItems) are taken.", fix: "Give each element more to do.")
        }
        var items: [JSONValue] = []
        items.reserveCapacity(list.elements.count)
        for element in list.elements { items.append(try element.json()) }
        return items
    }

    /// Names of the steps that an expression speaks of, each once, in the order of the text.
    ///
    /// - Throws: `Problem` when it cannot be read, or when it takes `steps` without naming one.
    package static func stepsNamed(in source: String) throws(Problem) -> [String] {
        var names: [String] = []
        for reference in try references(in: source) where !names.contains(reference.step) { names.append(reference.step) }
        return names
    }

    /// What an expression reads of which steps.
    ///
    /// - Throws: As `stepsNamed`.
    package static func references(in source: String) throws(Problem) -> [StepReference] {
        try references(of: try uses(in: source), in: source)
    }

    static func references(of uses: [VariableUse], in source: String) throws(Problem) -> [StepReference] {
        var references: [StepReference] = []
        for use in uses where use.variable == "steps" {
            guard let step = use.path.first else {
                throw problem(
                    "steps", "'steps' stands alone in '\(source.printable)', at \(use.position.line):\(use.position.column).",
                    why: "What a step waits for must be known before.", fix: "Name the step: steps.train, or steps[\"unit-tests\"].")
            }
            references.append(
                StepReference(
                    step: step, member: use.path.dropFirst().first,
                    output: use.path.dropFirst().first == "outputs" ? use.path.dropFirst(2).first : nil))
        }
        return references
    }

    /// Where an expression reads which variables.
    static func uses(in source: String) throws(Problem) -> [VariableUse] {
        try translating(source) { () throws(ExpressionError) in try VariableUse.all(in: source, limits: syntax) }
    }

    /// Checks an expression when it is written.
    ///
    /// - Parameter isList: Whether it gives the list of a `forEach`, and else a condition.
    func check(_ source: String, _ uses: [VariableUse], isList: Bool, hasItem: Bool) throws(Problem) {
        for use in uses where use.variable == "parameters" {
            guard let name = use.path.first, parameters[name] == nil else { continue }
            throw Self.problem(
                "parameter.unknown",
                "'\(source.printable)' speaks of the parameter '\(name.printable)', at \(use.position.line):\(use.position.column).",
                why: "The pipeline has no such parameter.",
                fix: DocumentNode.suggestion(for: name, among: parameters.keys.sorted()) ?? "Add it to 'spec.parameters'.")
        }
        _ = try compile(source, expecting: isList ? .list(.dyn) : .bool, hasItem: hasItem)
    }

    private func compile(_ source: String, expecting type: ExpressionType, hasItem: Bool) throws(Problem) -> CompiledExpression {
        try Self.translating(source, hasItem: hasItem) { () throws(ExpressionError) in
            try (hasItem ? itemEnvironment : environment).compile(source, expecting: type)
        }
    }

    private func values(of scope: StepScope) throws(Problem) -> [String: ExpressionValue] {
        var values: [String: ExpressionValue] = [:]
        var all: [String: ExpressionValue] = [:]
        for (name, value) in scope.parameters {
            var converted = try ExpressionValue(json: value)
            // A whole number given for a parameter of type number is the number it stands for.
            if parameters[name] == .number, case .integer(let whole) = value { converted = .double(Double(whole)) }
            all[name] = converted
            values["parameters.\(name)"] = converted
        }
        values["parameters"] = .map(all)
        var steps: [String: ExpressionValue] = [:]
        for (name, step) in scope.steps {
            steps[name] = .map(["state": .string(step.state), "outputs": try ExpressionValue(json: .object(step.outputs))])
        }
        values["steps"] = .map(steps)
        if let item = scope.item { values["item"] = try ExpressionValue(json: item) }
        if let index = scope.index { values["index"] = .int(Int64(index)) }
        return values
    }

    private static func type(of parameter: ParameterSpecification.ValueType) -> ExpressionType {
        switch parameter {
        case .string, .snapshot: .string
        case .integer: .int
        case .number: .double
        case .boolean: .bool
        case .list: .list(.dyn)
        case .mapping: .map(.string, .dyn)
        }
    }

    private static func translating<Value>(
        _ source: String, hasItem: Bool = true, _ body: () throws(ExpressionError) -> Value
    ) throws(Problem) -> Value {
        do {
            return try body()
        } catch {
            let place = error.position.map { ", at \($0.line):\($0.column)" } ?? ""
            let known = "'parameters', 'steps'" + (hasItem ? ", 'item' and 'index'" : "; 'item' and 'index' only with 'forEach'")
            let isSpent: Bool =
                switch error.code {
                case .cost, .memory, .time, .nesting: true
                default: false
                }
            throw Problem(
                isSpent ? .exhausted : .invalid, "pipelines.\(error.code.rawValue)", "'\(source.printable)'\(place): \(error.what)",
                why: error.code == .unknownName ? "Expressions of steps know \(known)." : nil,
                fix: error.code == .unknownName
                    ? "A name with '-' or '.' stands in brackets: steps[\"unit-tests\"]." : error.fix ?? "Correct the expression.")
        }
    }

    private static func problem(_ reason: String, _ what: String, why: String? = nil, fix: String) -> Problem {
        Problem(.invalid, "pipelines.expression.\(reason)", what, why: why, fix: fix)
    }
}
