// SPDX-License-Identifier: Apache-2.0

package import Delivery
import Statistics

/// Evidence about a candidate, one prediction or label at a time; pure.
///
/// An answer that is no probability is a bad event of loss 1 at once, without its label. Of every other labelled answer the loss is the
/// squared difference of score and label, which lies in 0…1, and a draw that depends on the prediction's id alone turns it into an
/// event or not; so the same rows give the same evidence after a restart.
package struct RolloutTally: Equatable, Sendable {
    package let candidate: Int
    package private(set) var evidence = RolloutEvidence(stablePredictions: 0, stableInvalid: 0, scores: ScoreSpread())
    /// Entities of which a bad event was counted, by hash: answers to one of them depend on each other, so each counts once.
    private var entities: Set<UInt64> = []
    private static let maximumEntities = 1_000_000
    /// Entities of which a slow answer was counted, for each limit of the plan's guard on latency.
    private var slowEntities: [Set<UInt64>] = []

    /// - Parameter segments: Those whose losses are also counted by themselves.
    /// - Parameter latency: The guard whose limits the durations of answers are held against.
    package init(candidate: Int, segments: SegmentGuard? = nil, latency: LatencyGuard? = nil) {
        self.candidate = candidate
        evidence.segments = segments.map { Dictionary($0.values.map { ($0, CanaryEvidence()) }, uniquingKeysWith: { first, _ in first }) }
        evidence.latency = latency.map { LatencyEvidence(limits: $0.limits) }
        slowEntities = latency.map { Array(repeating: [], count: $0.limits.count) } ?? []
    }

    /// Takes in a prediction as it was logged.
    package mutating func add(_ answer: RolloutAnswer) {
        let isCanary = answer.revision == candidate
        observeDuration(answer)
        if isCanary { evidence.candidatePredictions += 1 } else { evidence.stablePredictions = (evidence.stablePredictions ?? 0) + 1 }
        guard answer.isInvalid else {
            if let score = answer.score { evidence.scores?.add(score, isCandidate: isCanary) }
            return
        }
        if isCanary { evidence.candidateInvalid += 1 } else { evidence.stableInvalid = (evidence.stableInvalid ?? 0) + 1 }
        observe(loss: 1, uniform: 0, answer)
    }

    /// Takes in the label of a prediction; corrections of a label must not be given.
    package mutating func add(_ answer: RolloutAnswer, label: Double) {
        let isCanary = answer.revision == candidate
        if isCanary { evidence.candidateLabelled += 1 } else { evidence.stableLabelled += 1 }
        guard !answer.isInvalid, let score = answer.score else { return }
        let target: Double = label >= 0.5 ? 1 : 0
        observe(loss: (score - target) * (score - target), uniform: StableHash.uniform(answer.id, salt: "rollout-loss"), answer)
    }

    /// Takes in a request that a shadow answered too, as it was answered: an answer that is no probability is bad at once.
    package mutating func add(_ pair: ShadowPair) {
        var pairs = evidence.pairs ?? PairedEvidence()
        pairs.observe(shadowIsBad: pair.isShadowInvalid, stableIsBad: pair.isStableInvalid)
        evidence.pairs = pairs
    }

    /// Takes in the label of such a request.
    package mutating func add(_ pair: ShadowPair, label: Double) {
        guard let shadow = pair.shadowScore, let stable = pair.stableScore, !pair.isShadowInvalid, !pair.isStableInvalid else { return }
        let target: Double = label >= 0.5 ? 1 : 0
        var pairs = evidence.pairs ?? PairedEvidence()
        pairs.observeLate(
            shadowLoss: (shadow - target) * (shadow - target), stableLoss: (stable - target) * (stable - target),
            uniform: StableHash.uniform(pair.id, salt: "rollout-loss"))
        evidence.pairs = pairs
    }

    /// What revisions took and refused, as it is now.
    package mutating func set(_ loads: [RevisionLoad]) { evidence.loads = LoadEvidence(loads) }

    private mutating func observeDuration(_ answer: RolloutAnswer) {
        guard let microseconds = answer.microseconds, evidence.latency != nil else { return }
        var known = slowEntities
        slowEntities = []
        evidence.latency?.observe(
            microseconds: microseconds, isCanary: answer.revision == candidate, weight: answer.candidateShare
        ) { place in
            guard let entity = answer.entity else { return true }
            return known[place].count < Self.maximumEntities && known[place].insert(entity).inserted
        }
        slowEntities = known
    }

    private mutating func observe(loss: Double, uniform: Double, _ answer: RolloutAnswer) {
        if let entity = answer.entity, uniform < loss {
            guard entities.count < Self.maximumEntities, entities.insert(entity).inserted else { return }
        }
        let isCanary = answer.revision == candidate
        evidence.canary.observe(loss: loss, uniform: uniform, isCanary: isCanary, weight: answer.candidateShare)
        guard let segment = answer.segment else { return }
        evidence.segments?[segment]?.observe(loss: loss, uniform: uniform, isCanary: isCanary, weight: answer.candidateShare)
    }
}

/// What a rollout needs of one logged prediction.
package struct RolloutAnswer: Equatable, Sendable {
    package var id: String
    package var revision: Int
    /// The candidate's share of traffic when this request was routed, 0…1.
    package var candidateShare: Double
    package var score: Double?
    /// The value of the input by which the plan divides.
    package var segment: String?
    /// Hash of the entity that the endpoint keeps with one revision.
    package var entity: UInt64?
    /// How long it took, where its request had one row.
    package var microseconds: Int64?

    package init(
        id: String, revision: Int, candidatePercent: Int, score: Double?, segment: String? = nil, entity: UInt64? = nil,
        microseconds: Int64? = nil
    ) {
        self.id = id
        self.revision = revision
        candidateShare = Double(min(max(candidatePercent, 0), 100)) / 100
        self.score = score
        self.segment = segment
        self.entity = entity
        self.microseconds = microseconds
    }

    package var isInvalid: Bool { score.map { !(0...1).contains($0) } ?? true }
}

/// One request that the stable revision answered and a shadow too.
package struct ShadowPair: Equatable, Sendable {
    package var id: String
    package var stableScore: Double?
    package var shadowScore: Double?

    package init(id: String, stableScore: Double?, shadowScore: Double?) {
        self.id = id
        self.stableScore = stableScore
        self.shadowScore = shadowScore
    }

    var isShadowInvalid: Bool { Self.isInvalid(shadowScore) }
    var isStableInvalid: Bool { Self.isInvalid(stableScore) }

    private static func isInvalid(_ score: Double?) -> Bool { score.map { !(0...1).contains($0) } ?? true }
}
