// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain

/// What has been read of one rollout's evidence; started anew after a restart, with the same result.
///
/// Rows carry the time at which their writer began, and commit a little later in any order. So only what is older than `settling` is
/// taken in for good; the youngest rows are read again each time, on a copy.
struct RolloutProgress: Sendable {
    static let settling = Duration.seconds(5)

    private let started: Timestamp
    private var settled: RolloutTally
    private var answers: RolloutCursor
    private var labels: RolloutCursor
    private var pairs: RolloutCursor

    init(_ rollout: Rollout) {
        started = rollout.started
        settled = RolloutTally(
            candidate: rollout.candidate, segments: rollout.state.plan.segments, latency: rollout.state.plan.latency)
        answers = RolloutCursor(from: rollout.started)
        labels = RolloutCursor(from: rollout.started)
        pairs = RolloutCursor(from: rollout.started)
    }

    /// Reads what is new; O(rows that are new or younger than `settling`).
    ///
    /// - Returns: The progress after it, and the evidence with the youngest rows.
    func reading(_ reader: RolloutReader, at now: Timestamp) throws -> (progress: RolloutProgress, evidence: RolloutEvidence) {
        let horizon = now - Self.settling
        var next = self
        var youngestAnswers: [RolloutAnswer] = []
        try reader.forEachAnswer(after: answers) { answer, place in
            guard place.time < horizon else { return youngestAnswers.append(answer) }
            next.settled.add(answer)
            next.answers = place
        }
        var youngestPairs: [ShadowPair] = []
        try reader.forEachPair(after: pairs) { pair, place in
            guard place.time < horizon else { return youngestPairs.append(pair) }
            next.settled.add(pair)
            next.pairs = place
        }
        var youngestLabels: [(answer: RolloutAnswer, value: Double)] = []
        try reader.forEachLabel(after: labels, from: started) { answer, value, place in
            guard place.time < horizon else { return youngestLabels.append((answer, value)) }
            next.settled.add(answer, label: value)
            if let pair = try reader.pair(answer) { next.settled.add(pair, label: value) }
            next.labels = place
        }
        var tally = next.settled
        for answer in youngestAnswers { tally.add(answer) }
        for pair in youngestPairs { tally.add(pair) }
        for label in youngestLabels {
            tally.add(label.answer, label: label.value)
            if let pair = try reader.pair(label.answer) { tally.add(pair, label: label.value) }
        }
        if let loads = try reader.loads() { tally.set(loads) }
        return (next, tally.evidence)
    }
}
