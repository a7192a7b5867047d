// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What a command step finds in its environment; README.md says it to users.
package enum CommandContract {
    package static let inputFolder = "inputs"
    /// Variables that pipelines may not set themselves.
    package static let reservedPrefix = "DHOW_"

    /// The element that a run of a step with `forEach` is for, and its place in the list, from 0.
    package static let itemVariable = "DHOW_ITEM"
    package static let indexVariable = "DHOW_INDEX"

    /// Stands for the step's runtime in its key; no variable of the step.
    static let runtimeKey = "DHOW_RUNTIME"
    /// The path of the step's checkpoint.
    package static let checkpointVariable = "DHOW_CHECKPOINT"

    package static func inputVariable(_ name: String) -> String { "DHOW_INPUT_" + variablePart(name) }
    package static func outputVariable(_ name: String) -> String { "DHOW_OUTPUT_" + variablePart(name) }
    package static func parameterVariable(_ name: String) -> String { "DHOW_PARAMETER_" + variablePart(name) }

    /// Upper-case ASCII; everything but letters and digits becomes '_'.
    package static func variablePart(_ name: String) -> String {
        String(
            decoding: name.utf8.map { byte in
                switch byte {
                case 97...122: byte - 32
                case 48...57, 65...90: byte
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
    }

    /// What a variable or an input file holds of any value: text as it is, lists and mappings as JSON.
    package static func content(_ value: JSONValue) -> String { (try? text(value)) ?? value.jsonText }

    /// The text of a single value: text as it is, everything else as JSON writes it.
    package static func text(_ value: JSONValue) throws(Problem) -> String {
        switch value {
        case .null: return ""
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .number(let value): return value.description
        case .string(let value): return value
        case .array, .object:
            throw Problem(
                .invalid, "pipelines.value.structured", "A list or mapping cannot be the text of a variable or input.",
                fix: "Give a single value, or bind a file.")
        }
    }
}
