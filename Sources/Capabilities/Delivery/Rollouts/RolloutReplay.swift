// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A rollout's transitions computed again from what they followed from.
package struct RolloutReplay: Codable, Equatable, Sendable {
    package struct Step: Codable, Equatable, Sendable {
        package var number: Int
        package var time: Timestamp
        package var decision: RolloutDecision
        package var phase: RolloutState.Phase
        package var percent: Int
        package var entry: String
        /// What does not agree; empty when all does.
        package var faults: [String]
    }

    package var rollout: String
    package var steps: [Step]
    /// What does not agree with the rollout as it stands now.
    package var faults: [String]

    package var agrees: Bool { faults.isEmpty && steps.allSatisfy(\.faults.isEmpty) }

    /// - Parameter stored: Each record's text with its ledger entry's id, and the digest of it in that entry (nil when there is no such
    ///   entry).
    init(of rollout: Rollout, _ stored: [(entry: String, text: String, digest: String?)]) throws {
        self.rollout = rollout.id
        steps = []
        faults = []
        var last: RolloutState?
        for (place, item) in stored.enumerated() {
            let record = try DocumentText.decode(RolloutRecord.self, from: item.text)
            var found: [String] = []
            if item.digest == nil { found.append("The ledger has no entry \(item.entry) about it.") }
            if let digest = item.digest, digest != TextDigest.of(item.text) {
                found.append("The record is not the one whose digest the ledger holds.")
            }
            if record.number != place + 1 { found.append("Record \(place + 1) is missing.") }
            if let last, !record.before.continues(last) { found.append("It does not begin where the transition before it ended.") }
            found += Self.faults(of: record)
            steps.append(
                Step(
                    number: record.number, time: record.time, decision: record.decision, phase: record.after.phase,
                    percent: record.after.percent, entry: item.entry, faults: found))
            last = record.after
        }
        if stored.isEmpty, rollout.state.hasMoved { faults.append("There are no records of its transitions.") }
        if let last, !rollout.state.continues(last) { faults.append("The rollout does not stand where its last transition left it.") }
    }

    /// Decides again and compares.
    static func faults(of record: RolloutRecord) -> [String] {
        var faults: [String] = []
        do {
            let decision = try record.before.decide(record.event, frozen: record.frozen, at: record.time)
            if decision != record.decision { faults.append("The same event asks for another decision: \(decision).") }
        } catch {
            faults.append("The same event is refused: \(error.what)")
        }
        if record.before.after(record.decision, following: record.event.freshEvidence, at: record.time) != record.after {
            faults.append("The decision leads to another state.")
        }
        return faults
    }
}

extension RolloutState {
    /// Whether it stands elsewhere than where a rollout begins.
    fileprivate var hasMoved: Bool {
        switch phase {
        case .progressing: step > 0
        case .promoted: hasStable && plan.percents.count > 1
        default: true
        }
    }

    /// Whether nothing but readings that make no transition lies between `earlier` and this.
    func continues(_ earlier: RolloutState) -> Bool {
        var (left, right) = (self, earlier)
        left.position.guards = [:]
        right.position.guards = [:]
        if right.stepStart == nil { left.stepStart = nil }
        if right.position.stepPredictions == nil { left.position.stepPredictions = nil }
        return left == right
    }
}
