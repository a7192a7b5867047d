// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads conditions and `forEach`; the expressions themselves are checked by `ExecutionPlan`, which knows the steps.
struct FanOutParser {
    static let maximumLimit = 10_000

    let problems: DocumentProblems

    func parse(_ node: DocumentNode) -> FanOut? {
        guard let fields = node.fields(["in", "limit"], problems),
            let list = fields.required("in", fix: "Add 'in:' with an expression, a reference or a list.", problems),
            let items = problems.attempt({ () throws(Problem) in try items(list) })
        else { return nil }
        var fanOut = FanOut(items)
        problems.attempt { () throws(Problem) in
            if let limit = fields["limit"] { fanOut.limit = try limit.integer(in: 1...Self.maximumLimit) }
        }
        return fanOut
    }

    private func items(_ node: DocumentNode) throws(Problem) -> FanOut.Items {
        if node.isMapping { return .binding(try BindingParser.reference(node)) }
        guard node.isList else { return .expression(try Self.expression(node)) }
        return .binding(.value(try node.value()))
    }

    static func expression(_ node: DocumentNode) throws(Problem) -> String {
        let text = try node.scalarText()
        guard text.contains(where: { !$0.isWhitespace }), text.utf8.count <= StepExpressions.maximumBytes else {
            throw node.wrongType("an expression of 1 to \(StepExpressions.maximumBytes) bytes")
        }
        return text
    }
}
