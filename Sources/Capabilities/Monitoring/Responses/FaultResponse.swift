// SPDX-License-Identifier: Apache-2.0

package import Domain
import Governance

/// What to do about a model that became worse: give its traffic back when that began inside its rollout, else retrain, once a day at most and
/// later each time a challenger was refused; nothing while the data are broken; pure.
package enum FaultResponse: Equatable, Sendable {
    case rollBack(because: String)
    case retrain
    /// - Parameter until: When it may be otherwise; nil when that is a person's word.
    case wait(until: Timestamp?, because: String)

    /// How long after a rollout's end what begins is still taken for its doing.
    package static let reach = Duration.seconds(86_400)
    /// From what was done last to a training.
    package static let cooldown = Duration.seconds(86_400)
    /// After the first refusal; doubled by each further one.
    package static let firstWait = Duration.seconds(86_400)
    package static let longestWait = Duration.seconds(30 * 86_400)

    package struct Evidence: Equatable, Sendable {
        /// When the fault began, by event time.
        package var onset: Timestamp
        /// The version that is worse; nil when that is not known.
        package var version: Int?
        /// The endpoint's newest rollout; nil without one that can be undone.
        package var rollout: UndoableRollout?
        /// Why the data are broken, as a sentence.
        package var brokenData: String?
        /// When something was last done about such a fault.
        package var lastResponse: Timestamp?
        /// Challengers that no gate let pass since the last release, and when the last one was judged.
        package var refusals: Int
        package var lastRefusal: Timestamp?

        package init(
            onset: Timestamp, version: Int? = nil, rollout: UndoableRollout? = nil, refusals: Int = 0,
            lastRefusal: Timestamp? = nil, brokenData: String? = nil, lastResponse: Timestamp? = nil
        ) {
            self.onset = onset
            self.version = version
            self.rollout = rollout
            self.refusals = refusals
            self.lastRefusal = lastRefusal
            self.brokenData = brokenData
            self.lastResponse = lastResponse
        }
    }

    /// A rollout whose candidate has traffic, and before which another version answered.
    package struct UndoableRollout: Equatable, Sendable {
        package var id: String
        package var version: Int
        package var started: Timestamp
        package var finished: Timestamp?

        package init(id: String, version: Int, started: Timestamp, finished: Timestamp?) {
            self.id = id
            self.version = version
            self.started = started
            self.finished = finished
        }
    }

    package init(_ evidence: Evidence, at now: Timestamp) {
        // Another version would be asked about the same broken data, and no version should learn from them.
        if let broken = evidence.brokenData {
            self = .wait(until: nil, because: broken)
            return
        }
        if let rollout = evidence.rollout,
            evidence.version == nil || evidence.version == rollout.version,
            evidence.onset >= rollout.started,
            evidence.onset <= (rollout.finished ?? now) + Self.reach
        {
            self = .rollBack(
                because: "What is wrong began inside rollout \(rollout.id), at \(evidence.onset.rfc3339).")
            return
        }
        if let last = evidence.lastResponse, now < last + Self.cooldown {
            self = .wait(
                until: last + Self.cooldown,
                because: "Something was done at \(last.rfc3339); the next training may begin at \((last + Self.cooldown).rfc3339).")
            return
        }
        if let last = evidence.lastRefusal, evidence.refusals > 0 {
            let wait = min(Self.firstWait * (1 << min(evidence.refusals - 1, 10)), Self.longestWait)
            if now < last + wait {
                self = .wait(
                    until: last + wait,
                    because:
                        "\(evidence.refusals) challengers were no better; the next training may begin at \((last + wait).rfc3339)."
                )
                return
            }
        }
        self = .retrain
    }
}
