// SPDX-License-Identifier: Apache-2.0

/// What an expression may speak of: its variables with their types, and the container its names are looked up in.
///
/// ```swift
/// let environment = ExpressionEnvironment(variables: ["params": .map(.string, .dyn)])
/// let condition = try environment.compile("params.rate < 0.5", expecting: .bool)
/// let holds = try condition.decide(["params": .map(["rate": .double(0.1)])])
/// ```
package struct ExpressionEnvironment: Sendable {
    package var variables: [String: ExpressionType]
    /// Names of packages separated by dots: in `a.b` the name `x` is `a.b.x`, else `a.x`, else `x`.
    package var container: String
    package var limits: SyntaxLimits
    /// Whether `has`, `all`, `map` and the like are macros; else they are functions, of which there are none.
    package var allowsMacros = true

    package init(variables: [String: ExpressionType] = [:], container: String = "", limits: SyntaxLimits = .standard) {
        self.variables = variables
        self.container = container
        self.limits = limits
    }

    /// Reads an expression and checks it against the variables.
    ///
    /// - Parameter type: What it must give; dyn fits, and shows at evaluation. Any type when nil.
    /// - Throws: What is wrong first, with its place.
    package func compile(_ source: String, expecting type: ExpressionType? = nil) throws(ExpressionError) -> CompiledExpression {
        let tree = try Parser.parse(source, limits: limits, allowsMacros: allowsMacros)
        let binding = try NameBinder.bind(tree, container: container, library: .standard) { variables[$0] != nil }
        let found = try TypeChecker.check(tree, binding, variables: variables, library: .standard)
        if let type {
            var inference = TypeInference()
            guard inference.fits(found, type) else {
                throw ExpressionError(.type, "The expression gives \(found), but \(type) is needed.", fix: "Compare, as in 'x > 0'.")
                    .located(at: tree[tree.root].offset, in: source)
            }
        }
        return CompiledExpression(type: found, program: ProgramCompiler.compile(tree, binding, library: .standard))
    }

    /// Reads an expression without checking it: names and types show at evaluation, and all variables are taken from the bindings.
    ///
    /// - Throws: What cannot be read.
    package func compileUnchecked(_ source: String) throws(ExpressionError) -> CompiledExpression {
        let tree = try Parser.parse(source, limits: limits, allowsMacros: allowsMacros)
        let binding = try NameBinder.bind(tree, container: container, library: .standard, isDeclared: nil)
        return CompiledExpression(type: .dyn, program: ProgramCompiler.compile(tree, binding, library: .standard))
    }
}
