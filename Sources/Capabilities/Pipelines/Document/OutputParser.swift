// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads what a command step leaves.
struct OutputParser {
    /// `any` is what is not declared.
    static let types: [OutputSpecification.ValueType] = [.file, .folder, .value, .snapshot, .model, .junit, .sarif]

    let problems: DocumentProblems

    func parse(_ node: DocumentNode) -> OutputSpecification? {
        guard let fields = node.fields(["path", "type", "dataset"], problems) else { return nil }
        let pathNode = fields.required("path", fix: "Write '{path: model.onnx}'.", problems)
        let path = pathNode.flatMap { node in
            problems.attempt { () throws(Problem) in try Self.path(node, of: "output") }
        }
        guard let type = problems.attempt({ () throws(Problem) in try type(fields["type"]) }) else { return nil }
        let dataset = fields["dataset"].flatMap { node in problems.attempt { () throws(Problem) in try node.name(of: "dataset") } }
        if type == .snapshot {
            if fields["dataset"] == nil { _ = fields.required("dataset", fix: "Add 'dataset: NAME', whose snapshot it is.", problems) }
        } else if let dataset = fields["dataset"] {
            problems.add(
                dataset.problem(
                    "output.malformed", "\(dataset.subject.capitalisedFirst) is given, but the output is no snapshot.",
                    fix: "Add 'type: snapshot', or remove 'dataset'."))
        }
        return path.map { OutputSpecification(path: $0, type: type, dataset: dataset) }
    }

    /// A path beneath the working folder.
    static func path(_ node: DocumentNode, of noun: String) throws(Problem) -> String {
        let path = try node.text()
        let inputs = CommandContract.inputFolder
        guard RelativePath.isContained(path), path != inputs, !path.hasPrefix(inputs + "/") else {
            throw node.problem(
                "\(noun).malformed", "'\(path.printable)' cannot be \(noun == "output" ? "an" : "a") \(noun).",
                why: "It is a path beneath the step's working folder and outside of '\(inputs)'.",
                fix: "Write it relative to the folder, such as '\(noun == "output" ? "model.onnx" : "checkpoint")'.")
        }
        return path
    }

    private func type(_ node: DocumentNode?) throws(Problem) -> OutputSpecification.ValueType {
        guard let node else { return .any }
        let text = try node.text()
        guard let type = Self.types.first(where: { $0.rawValue == text }) else {
            let known = Self.types.map(\.rawValue)
            throw node.problem(
                "field.unknownValue", "\(node.subject.capitalisedFirst) is '\(text.printable)'.",
                why: "It is one of \(known.joined(separator: ", ")).",
                fix: DocumentNode.suggestion(for: text, among: known) ?? "Choose one of these; without 'type', a file or folder.")
        }
        return type
    }
}
