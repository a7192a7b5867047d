// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What is known of a rollout's present step, beside its evidence.
package struct RolloutPosition: Codable, Equatable, Sendable {
    package var stepBegan: Timestamp
    /// Predictions of the candidate there were when the step began; nil until the first evidence after a step that did not follow from
    /// evidence.
    package var stepPredictions: Int?
    package var approved: [ApprovedStep]
    package var smoke: SmokeResult?
    /// By the guard's name.
    package var guards: [String: GuardTrack]
    /// Until when the replaced revision stays loaded.
    package var warmUntil: Timestamp?

    package init(stepBegan: Timestamp = Timestamp(milliseconds: 0)) {
        self.stepBegan = stepBegan
        stepPredictions = 0
        approved = []
        guards = [:]
    }

    package struct ApprovedStep: Codable, Equatable, Sendable {
        package var percent: Int
        /// Qualified name.
        package var by: String
    }

    package struct SmokeResult: Codable, Equatable, Sendable {
        package var by: String
        package var note: String
    }

    package struct GuardTrack: Codable, Equatable, Sendable {
        package var last: GuardReading
        /// Failed readings in a row, up to the last.
        package var failures: Int
    }

    package mutating func note(_ reading: GuardReading) {
        let before = guards[reading.guardName]
        guard before.map({ $0.last.time < reading.time }) ?? true else { return }
        let failures =
            switch reading.outcome {
            case .failed: (before?.failures ?? 0) + 1
            case .passed: 0
            // Not being able to look neither clears a candidate nor convicts it.
            case .inconclusive: before?.failures ?? 0
            }
        guards[reading.guardName] = GuardTrack(last: reading, failures: failures)
    }
}
