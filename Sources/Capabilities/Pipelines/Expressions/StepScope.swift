// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What an expression of a step may speak of when its turn has come.
package struct StepScope: Sendable, Equatable {
    package var parameters: [String: JSONValue]
    /// At least the steps that the expression names.
    package var steps: [String: StepView]
    /// The element that this run of a step with `forEach` is for; nil outside of one.
    package var item: JSONValue?
    /// Its place in the list, from 0.
    package var index: Int?

    package init(
        parameters: [String: JSONValue] = [:], steps: [String: StepView] = [:], item: JSONValue? = nil, index: Int? = nil
    ) {
        self.parameters = parameters
        self.steps = steps
        self.item = item
        self.index = index
    }
}

/// A step that has ended, as expressions see it.
package struct StepView: Sendable, Equatable {
    /// As the API writes it, such as `succeeded`.
    package var state: String
    /// Outputs that are values; of a step with `forEach`, a list of each, in the order of its elements.
    package var outputs: [String: JSONValue]

    package init(state: String, outputs: [String: JSONValue] = [:]) {
        self.state = state
        self.outputs = outputs
    }
}

/// What an expression reads of a step: `steps.train.outputs.auc`, `steps["unit-tests"].state`.
package struct StepReference: Sendable, Hashable {
    package var step: String
    /// `state` or `outputs`; nil when the whole step is taken.
    package var member: String?
    /// Nil when all of them are taken.
    package var output: String?

    package init(step: String, member: String? = nil, output: String? = nil) {
        self.step = step
        self.member = member
        self.output = output
    }
}
