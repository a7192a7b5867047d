// SPDX-License-Identifier: Apache-2.0

/// An expression ready to be evaluated, any number of times and from any thread.
package struct CompiledExpression: Sendable {
    /// What it gives, as far as it is known; dyn of an unchecked one.
    package let type: ExpressionType
    let program: Program

    package var source: String { program.source }

    /// Whole names of the variables it reads; of an unchecked one, all names it may read.
    package var variables: Set<String> {
        var names: Set<String> = []
        for case .loadGlobal(let candidates) in program.instructions { names.formUnion(candidates.map(\.name)) }
        return names
    }

    /// The value of the expression.
    ///
    /// - Parameters:
    ///   - bindings: A value for each variable, by its whole name.
    ///   - limits: What the evaluation may use; passing one is an error.
    ///   - now: The clock the time limit is read from.
    /// - Throws: `ExpressionError` with the place that failed. An error permits nothing: take it for "no".
    package func evaluate(
        _ bindings: [String: ExpressionValue] = [:], limits: EvaluationLimits = .standard,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) throws(ExpressionError) -> ExpressionValue {
        var machine = Machine(program, variables: bindings, meter: Meter(limits, now: now))
        return try machine.run()
    }

    /// Whether a condition holds.
    ///
    /// - Throws: As `evaluate`, and `.type` when the value is no bool.
    package func decide(
        _ bindings: [String: ExpressionValue] = [:], limits: EvaluationLimits = .standard,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) throws(ExpressionError) -> Bool {
        let value = try evaluate(bindings, limits: limits, now: now)
        guard case .bool(let holds) = value else {
            throw ExpressionError(.type, "The condition gives a value of type \(value.typeName).", fix: "Compare, as in 'x > 0'.")
                .located(at: 0, in: source)
        }
        return holds
    }
}
