// SPDX-License-Identifier: Apache-2.0

import Domain
import Tracking

/// MLflow keeps prompts as registered models with a tag of their own, and leaves them out of searches that do not ask for them.
enum PromptFilter {
    static let tag = "mlflow.prompt.is_prompt"

    static func isPrompt(_ tags: [Tag]) -> Bool { tags.contains { $0.key == tag && $0.value.lowercased() == "true" } }

    /// The comparisons with what they mean for prompts spelled out; all that are no prompts when the filter says nothing of them.
    static func comparisons(in filter: String) throws(Problem) -> [Comparison] {
        let subject = SearchSubject(.tag, tag)
        var comparisons = try FilterParser.comparisons(in: filter)
        var isStated = false
        for index in comparisons.indices where comparisons[index].subject == subject {
            isStated = true
            // "Not a prompt" is also what has no such tag.
            if comparisons[index].operation == .unequal { comparisons[index] = Comparison(subject, .isNull, .none) }
        }
        return isStated ? comparisons : comparisons + [Comparison(subject, .isNull, .none)]
    }
}
