// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads references; what they refer to is checked by `ExecutionPlan`.
enum BindingParser {
    private static let forms =
        "{parameter: …}, {snapshot: …}, {model: …, alias: …}, {step: …, output: …}, {value: …} or, with 'forEach', {item: true}"

    /// One of the forms of a reference.
    static func reference(_ node: DocumentNode) throws(Problem) -> Binding {
        guard node.isMapping else {
            throw node.problem(
                "binding.mismatch", "\(node.subject.capitalisedFirst) is not a reference.", why: "There are no text templates.",
                fix: "Write \(forms).")
        }
        let fields = try node.members(["parameter", "snapshot", "model", "alias", "step", "output", "value", "item"])
        switch fields.keys.sorted() {
        case ["parameter"]: return .parameter(try text(fields["parameter"], in: node))
        case ["value"]: return .value(try fields["value"]?.value() ?? .null)
        case ["item"]:
            guard try fields["item"]?.boolean() == true else { break }
            return .item
        case ["output", "step"]:
            return .output(step: try text(fields["step"], in: node), name: try text(fields["output"], in: node))
        case ["alias", "model"]:
            return .model(try text(fields["model"], in: node), alias: try text(fields["alias"], in: node))
        case ["snapshot"]:
            guard let snapshot = fields["snapshot"] else { break }
            guard snapshot.isMapping else { return .snapshot(.value(.string(try snapshot.text()))) }
            let inner = try snapshot.members(["parameter"])
            return .snapshot(.parameter(try text(inner["parameter"], in: snapshot)))
        default: break
        }
        throw node.problem("binding.malformed", "\(node.subject.capitalisedFirst) is not one reference.", fix: "Write \(forms).")
    }

    /// In `with`: a reference where a mapping has one of its fields, else a value that may hold references further down.
    static func any(_ node: DocumentNode) throws(Problem) -> Binding {
        if node.isMapping {
            let members = try node.members()
            // A member that only references have makes it one; 'value', 'model' and 'item' are also ordinary words.
            let isReference = ["parameter", "snapshot", "step", "alias"].contains { members[$0] != nil } || Set(members.keys) == ["value"]
            let isItem = Set(members.keys) == ["item"] && (try? members["item"]?.boolean()) == true
            if isReference || isItem { return try reference(node) }
            var bindings: [String: Binding] = [:]
            for (name, member) in members { bindings[name] = try any(member) }
            return .mapping(bindings)
        }
        if node.isList {
            var bindings: [Binding] = []
            for element in try node.elements() { bindings.append(try any(element)) }
            return .list(bindings)
        }
        return .value(try node.value())
    }

    private static func text(_ field: DocumentNode?, in node: DocumentNode) throws(Problem) -> String {
        guard let field else {
            throw node.problem("binding.malformed", "\(node.subject.capitalisedFirst) is not one reference.", fix: "Write \(forms).")
        }
        return try field.text()
    }
}
