// SPDX-License-Identifier: Apache-2.0

import Domain
package import Statistics

/// How much of its traffic a candidate may turn away for lack of room.
package struct SaturationGuard: Codable, Equatable, Sendable {
    package var shedShare: Double
    /// Requests of the candidate at a share of traffic before the guard says anything.
    package var minimum: Int

    package init(shedShare: Double = 0.01, minimum: Int = 200) {
        self.shedShare = shedShare
        self.minimum = minimum
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        shedShare = try container.decodeIfPresent(Double.self, forKey: .shedShare) ?? 0.01
        minimum = try container.decodeIfPresent(Int.self, forKey: .minimum) ?? 200
    }

    func validate() throws(Problem) {
        guard (0..<1).contains(shedShare), (1...10_000_000).contains(minimum) else {
            throw Problem(
                .invalid, "delivery.rollout.plan", "The rollout plan cannot be used.",
                why: "'saturation' has a 'shedShare' of 0 to below 1 and a 'minimum' of 1 to 10000000.")
        }
    }
}

/// What a revision took and refused at one share of traffic, in requests.
package struct RevisionLoad: Codable, Equatable, Sendable {
    package var isCandidate: Bool
    /// The candidate's share, in whole per cents.
    package var percent: Int
    package var answered: Int
    /// Refused because their inputs did not fit the revision.
    package var misfits: Int
    /// Refused for lack of room.
    package var shed: Int
    /// The most that it worked on at a time.
    package var mostAtOnce: Int

    package init(isCandidate: Bool, percent: Int, answered: Int, misfits: Int, shed: Int, mostAtOnce: Int) {
        self.isCandidate = isCandidate
        self.percent = percent
        self.answered = answered
        self.misfits = misfits
        self.shed = shed
        self.mostAtOnce = mostAtOnce
    }
}

/// What the revisions of a rollout took and refused since it began.
package struct LoadEvidence: Codable, Equatable, Sendable {
    package private(set) var loads: [RevisionLoad]
    /// Of requests that were refused for their inputs: whether too many were the candidate's.
    package private(set) var misfits: RateRatioEvidence

    package init(_ loads: [RevisionLoad]) {
        self.loads = loads.sorted { ($0.percent, $0.isCandidate ? 0 : 1) < ($1.percent, $1.isCandidate ? 0 : 1) }
        misfits = RateRatioEvidence(nullRatio: 1, alternatives: CanaryEvidence.harmRatios)
        for percent in Set(loads.map(\.percent)).sorted() {
            let own = Self.sum(\.misfits, of: loads.filter { $0.percent == percent && $0.isCandidate })
            let others = Self.sum(\.misfits, of: loads.filter { $0.percent == percent && !$0.isCandidate })
            misfits.observe(canary: own, of: own + others, weight: Double(percent) / 100)
        }
    }

    package func misfits(ofCandidate isCandidate: Bool) -> Int {
        Self.sum(\.misfits, of: loads.filter { $0.isCandidate == isCandidate })
    }

    /// Why the candidate must go back; nil without a breach.
    func misfitBreach(at alpha: Double) -> String? {
        guard misfits.rejects(at: alpha) else { return nil }
        return "The candidate refuses inputs that the stable revision takes: \(misfits(ofCandidate: true)) requests did not fit it, "
            + "\(misfits(ofCandidate: false)) the stable revision; evidence \(RolloutEvidence.power(misfits.peakLogEvidence)) against a limit "
            + "of \(1 / alpha), with an error rate of at most \(alpha)."
    }

    /// Whether a person must look at the room there is; nil when not.
    ///
    /// Requests are turned away in bursts, which depend on each other, and what is too little room says nothing about the version: so it
    /// holds a rollout up, and rolls nothing back.
    func saturation(_ rule: SaturationGuard, percent: Int) -> String? {
        guard percent > 0 else { return nil }
        let own = loads.filter { $0.isCandidate && $0.percent == percent }
        let (shed, answered) = (Self.sum(\.shed, of: own), Self.sum(\.answered, of: own))
        guard shed + answered >= rule.minimum else {
            return "The candidate has had \(shed + answered) requests at this share; its guard on saturation needs \(rule.minimum)."
        }
        guard Double(shed) > rule.shedShare * Double(shed + answered) else { return nil }
        return "The candidate turned away \(shed) of \(shed + answered) requests at this share for lack of room, working on up to "
            + "\(own.map(\.mostAtOnce).max() ?? 0) at once; at most \(rule.shedShare) is expected. A person must look."
    }

    private static func sum(_ part: KeyPath<RevisionLoad, Int>, of loads: [RevisionLoad]) -> Int {
        loads.reduce(0) { $0 + $1[keyPath: part] }
    }
}
