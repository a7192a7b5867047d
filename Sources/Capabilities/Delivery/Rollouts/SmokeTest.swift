// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One request that the server sends to a blue-green preview before the switch, and what must be true of the answer.
package struct SmokeTest: Codable, Equatable, Sendable {
    package static let maximumTests = 50

    package var name: String
    /// Values by input name: a list with a value, or a list of values, for each row.
    package var inputs: [String: JSONValue]
    /// Between which every row's score must lie; a score that is no number fails always.
    package var atLeast: Double?
    package var atMost: Double?
    /// How long the answer may take.
    package var withinMilliseconds: Int?

    package init(
        name: String, inputs: [String: JSONValue], atLeast: Double? = nil, atMost: Double? = nil, withinMilliseconds: Int? = nil
    ) {
        self.name = name
        self.inputs = inputs
        self.atLeast = atLeast
        self.atMost = atMost
        self.withinMilliseconds = withinMilliseconds
    }

    func validate() throws(Problem) {
        try ResourceName.check(name, of: "smoke test")
        guard !inputs.isEmpty, inputs.count <= 1000, [atLeast, atMost].allSatisfy({ $0?.isFinite != false }),
            withinMilliseconds.map({ (1...60_000).contains($0) }) ?? true
        else {
            throw Problem(
                .invalid, "delivery.rollout.smoke-test", "Smoke test '\(name)' cannot be used.",
                why: "It has 1 to 1000 'inputs', 'atLeast' and 'atMost' are numbers, 'withinMilliseconds' is 1 to 60000.")
        }
    }

    /// What is wrong with an answer; nil when nothing is.
    package func fault(scores: [Double?], milliseconds: Double) -> String? {
        for (row, score) in scores.enumerated() {
            guard let score else { return "row \(row) has no score" }
            if let atLeast, score < atLeast { return "row \(row) has score \(score), at least \(atLeast) is expected" }
            if let atMost, score > atMost { return "row \(row) has score \(score), at most \(atMost) is expected" }
        }
        if let limit = withinMilliseconds, milliseconds > Double(limit) {
            return "it took \(milliseconds.rounded()) ms, \(limit) is the limit"
        }
        return nil
    }
}

extension RolloutState {
    /// Whether the server is to test the preview now.
    package var awaitsSmokeTests: Bool {
        phase == .progressing && plan.strategy == .blueGreen && percent == 0 && position.smoke == nil && !plan.smokeTests.isEmpty
    }
}
