// SPDX-License-Identifier: Apache-2.0
import Expressions
import Foundation

/// One case of Tests/Golden/cel; its README names their source.
struct VectorCase: Decodable {
    let id: String
    let profile: String?
    let expr: String
    let container: String?
    let disableMacros: Bool?
    let disableCheck: Bool?
    let checkOnly: Bool?
    let variables: [String: String]?
    let bindings: [String: TaggedValue]?
    let expect: Expectation?

    struct Expectation: Decodable {
        let value: TaggedValue?
        let error: [String]?
        let type: String?
    }

    /// What came of a case.
    struct Outcome {
        var value: String?
        var type: String?
        var error: String?

        func line(for id: String) -> String {
            var fields = [#""id":\#(ExpressionValue.quoted(id))"#]
            if let error { fields.append(#""error":\#(ExpressionValue.quoted(error))"#) }
            if let value { fields.append(#""value":\#(value)"#) }
            if let type { fields.append(#""type":\#(ExpressionValue.quoted(type))"#) }
            return "{\(fields.joined(separator: ","))}"
        }
    }

    func run() -> Outcome {
        var environment = ExpressionEnvironment(container: container ?? "")
        environment.allowsMacros = disableMacros != true
        do throws(ExpressionError) {
            for (name, text) in variables ?? [:] {
                guard let type = ExpressionType(text) else { throw ExpressionError(.type, "There is no type '\(text)'.") }
                environment.variables[name] = type
            }
            let isChecked = disableCheck != true
            let compiled = isChecked ? try environment.compile(expr) : try environment.compileUnchecked(expr)
            let type = isChecked ? "\(compiled.type)" : nil
            if checkOnly == true { return Outcome(type: type) }
            return Outcome(value: try compiled.evaluate((bindings ?? [:]).mapValues(\.value)).tagged, type: type)
        } catch {
            return Outcome(error: "\(error)")
        }
    }

    /// What is wrong with an outcome; nil when nothing is, or nothing is expected.
    func objection(to outcome: Outcome) -> String? {
        guard let expect else { return nil }
        if expect.error != nil { return outcome.error == nil ? "\(outcome.value ?? "nothing") instead of an error" : nil }
        if let error = outcome.error { return error }
        if let value = expect.value, outcome.value != value.value.tagged {
            return "\(outcome.value ?? "nothing") instead of \(value.value.tagged)"
        }
        if let type = expect.type, disableCheck != true, outcome.type != ExpressionType(type)?.description ?? type {
            return "the type \(outcome.type ?? "nothing") instead of \(type)"
        }
        return nil
    }
}
