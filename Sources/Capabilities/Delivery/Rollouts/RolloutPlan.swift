// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// In which manner a candidate takes over.
package enum RolloutStrategy: String, Codable, CaseIterable, Sendable {
    /// Growing shares of the traffic, each on evidence.
    case canary
    /// Nothing, then everything: the candidate stands ready at its preview until its smoke tests passed.
    case blueGreen = "blue-green"
    /// First without traffic, answering the same requests as the stable revision unseen; then growing shares.
    case shadow
}

/// How a release takes over the traffic of an endpoint that already answers with another revision.
package struct RolloutPlan: Codable, Equatable, Sendable {
    package static let maximumSteps = 20
    package static let maximumSegments = 20
    package static let maximumGuards = 20

    package var strategy: RolloutStrategy
    /// The candidate's share step by step: whole per cents, rising, ending with 100, which is the promotion. A leading 0 is the preview of
    /// blue-green and the shadow's time.
    package var percents: [Int]
    /// The least time in each step.
    package var bakeSeconds: Int
    /// Predictions of the candidate needed in a step before the next.
    package var minimumPredictions: Int
    /// Labelled predictions of each of the two revisions needed in a step before the next. May be 0 where predictions are asked for.
    package var minimumLabelled: Int
    /// Requests that both must have answered before a shadow gets traffic.
    package var minimumPairs: Int
    /// Probability that a candidate that is no worse is rolled back, over the whole rollout and all guards together.
    package var alpha: Double
    /// Without a decision after this long the rollout pauses and a person is asked.
    package var maximumSeconds: Int
    /// The share of invalid predictions a candidate may have.
    package var invalidShare: Double
    /// How far the candidate's scores may lie from the stable revision's before a person is asked: a stability index in nats beyond noise.
    package var scoreShift: Double?
    /// Whether promotion also needs evidence that the candidate is less than `tolerance` times worse (`CanaryEvidence`).
    package var requiresShownNotWorse: Bool
    /// How long the revision that was replaced stays loaded.
    package var keepWarmSeconds: Int
    package var stepApprovals: [StepApproval]
    package var segments: SegmentGuard?
    package var latency: LatencyGuard?
    /// Whether requests that a revision refuses because their inputs do not fit are compared.
    package var schemaViolations: Bool
    package var saturation: SaturationGuard?
    /// What the server asks a blue-green preview before the switch; with none somebody says how the tests ended.
    package var smokeTests: [SmokeTest]
    package var guards: [OutsideGuard]

    package init(
        strategy: RolloutStrategy = .canary, percents: [Int]? = nil, bakeSeconds: Int = 0, minimumPredictions: Int = 0,
        minimumLabelled: Int = 200, minimumPairs: Int = 200, alpha: Double = 0.05, maximumSeconds: Int = 7 * 24 * 3600,
        invalidShare: Double = 0.01, scoreShift: Double? = nil, requiresShownNotWorse: Bool = false, keepWarmSeconds: Int = 0,
        stepApprovals: [StepApproval] = [],
        segments: SegmentGuard? = nil, latency: LatencyGuard? = nil, schemaViolations: Bool = false, saturation: SaturationGuard? = nil,
        smokeTests: [SmokeTest] = [], guards: [OutsideGuard] = []
    ) {
        self.strategy = strategy
        self.percents = percents ?? Self.percents(of: strategy)
        self.bakeSeconds = bakeSeconds
        self.minimumPredictions = minimumPredictions
        self.minimumLabelled = minimumLabelled
        self.minimumPairs = minimumPairs
        self.alpha = alpha
        self.maximumSeconds = maximumSeconds
        self.invalidShare = invalidShare
        self.scoreShift = scoreShift
        self.requiresShownNotWorse = requiresShownNotWorse
        self.keepWarmSeconds = keepWarmSeconds
        self.stepApprovals = stepApprovals
        self.segments = segments
        self.latency = latency
        self.schemaViolations = schemaViolations
        self.saturation = saturation
        self.smokeTests = smokeTests
        self.guards = guards
    }

    /// What is left out takes its standard value.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys, or standard: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? standard
        }
        let standard = RolloutPlan(strategy: try value(.strategy, or: .canary))
        strategy = standard.strategy
        percents = try value(.percents, or: standard.percents)
        bakeSeconds = try value(.bakeSeconds, or: standard.bakeSeconds)
        minimumPredictions = try value(.minimumPredictions, or: standard.minimumPredictions)
        minimumLabelled = try value(.minimumLabelled, or: standard.minimumLabelled)
        minimumPairs = try value(.minimumPairs, or: standard.minimumPairs)
        alpha = try value(.alpha, or: standard.alpha)
        maximumSeconds = try value(.maximumSeconds, or: standard.maximumSeconds)
        invalidShare = try value(.invalidShare, or: standard.invalidShare)
        scoreShift = try container.decodeIfPresent(Double.self, forKey: .scoreShift)
        requiresShownNotWorse = try value(.requiresShownNotWorse, or: standard.requiresShownNotWorse)
        keepWarmSeconds = try value(.keepWarmSeconds, or: standard.keepWarmSeconds)
        stepApprovals = try value(.stepApprovals, or: standard.stepApprovals)
        segments = try container.decodeIfPresent(SegmentGuard.self, forKey: .segments)
        latency = try container.decodeIfPresent(LatencyGuard.self, forKey: .latency)
        schemaViolations = try value(.schemaViolations, or: standard.schemaViolations)
        saturation = try container.decodeIfPresent(SaturationGuard.self, forKey: .saturation)
        smokeTests = try value(.smokeTests, or: standard.smokeTests)
        guards = try value(.guards, or: standard.guards)
    }

    package static func percents(of strategy: RolloutStrategy) -> [Int] {
        switch strategy {
        case .canary: [10, 50, 100]
        case .blueGreen: [0, 100]
        case .shadow: [0, 10, 50, 100]
        }
    }

    /// α is split evenly among the tests that can roll back, so that their union keeps it: losses, invalid predictions, and where the plan
    /// has them the shadow's pairs, the segments, latency and refused inputs.
    package var alphaPerGuard: Double {
        alpha / Double(2 + [strategy == .shadow, segments != nil, latency != nil, schemaViolations].count { $0 })
    }

    /// The part of its guard's α that one segment has.
    package var alphaPerSegment: Double { alphaPerGuard / Double(max(1, segments?.values.count ?? 1)) }

    package func validate() throws(Problem) {
        let rising = strategy == .canary ? percents : Array(percents.dropFirst(percents.first == 0 ? 1 : 0))
        guard (1...Self.maximumSteps).contains(percents.count), rising.allSatisfy({ (1...100).contains($0) }), percents.last == 100,
            zip(percents, percents.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw invalid("'percents' are 1 to \(Self.maximumSteps) rising whole numbers from 1 to 100 that end with 100.")
        }
        switch strategy {
        case .canary: break
        case .blueGreen: guard percents == [0, 100] else { throw invalid("The 'percents' of a blue-green rollout are 0 and 100.") }
        case .shadow: guard percents.first == 0 else { throw invalid("The 'percents' of a shadow rollout begin with 0.") }
        }
        guard (0...30 * 24 * 3600).contains(bakeSeconds) else { throw invalid("'bakeSeconds' is 0 seconds to 30 days.") }
        guard (0...10_000_000).contains(minimumPredictions) else { throw invalid("'minimumPredictions' is 0 to 10000000.") }
        guard (minimumPredictions > 0 ? 0...10_000_000 : 1...10_000_000).contains(minimumLabelled) else {
            throw invalid("'minimumLabelled' is 1 to 10000000, or 0 where 'minimumPredictions' is above 0.")
        }
        guard (1...10_000_000).contains(minimumPairs) else { throw invalid("'minimumPairs' is 1 to 10000000.") }
        guard alpha > 0, alpha < 0.5 else { throw invalid("'alpha' is above 0 and below 0.5.") }
        guard (1...90 * 24 * 3600).contains(maximumSeconds) else { throw invalid("'maximumSeconds' is 1 second to 90 days.") }
        guard invalidShare > 0, invalidShare <= 0.5 else { throw invalid("'invalidShare' is above 0 and at most 0.5.") }
        guard scoreShift.map({ $0 > 0 && $0 <= 100 }) ?? true else { throw invalid("'scoreShift' is above 0 and at most 100.") }
        guard (0...30 * 24 * 3600).contains(keepWarmSeconds) else { throw invalid("'keepWarmSeconds' is 0 seconds to 30 days.") }
        try validateParts()
    }

    private func validateParts() throws(Problem) {
        guard stepApprovals.allSatisfy({ percents.dropFirst().contains($0.beforePercent) }),
            Set(stepApprovals.map(\.beforePercent)).count == stepApprovals.count
        else { throw invalid("'stepApprovals' name each a later one of the 'percents', and each once.") }
        for approval in stepApprovals { try approval.validate() }
        if let segments {
            guard (1...Self.maximumSegments).contains(segments.values.count), Set(segments.values).count == segments.values.count,
                !segments.input.isEmpty
            else { throw invalid("'segments' names an input and 1 to \(Self.maximumSegments) different values of it.") }
        }
        guard smokeTests.count <= SmokeTest.maximumTests, Set(smokeTests.map(\.name)).count == smokeTests.count,
            smokeTests.isEmpty || strategy == .blueGreen
        else { throw invalid("'smokeTests' are of a blue-green rollout: at most \(SmokeTest.maximumTests), each with a name of its own.") }
        for test in smokeTests { try test.validate() }
        try latency?.validate()
        try saturation?.validate()
        guard guards.count <= Self.maximumGuards, Set(guards.map(\.name)).count == guards.count else {
            throw invalid("There are at most \(Self.maximumGuards) 'guards', each with a name of its own.")
        }
        for rule in guards { try rule.validate() }
    }

    private func invalid(_ why: String) -> Problem {
        Problem(.invalid, "delivery.rollout.plan", "The rollout plan cannot be used.", why: why)
    }
}

/// People who must say yes before a rollout reaches a share.
package struct StepApproval: Codable, Equatable, Sendable {
    package var beforePercent: Int
    /// Users by name; with `roles`, either is enough. With neither, everyone with the permission to decide approvals.
    package var approvers: [String]
    package var roles: [Role]

    package init(beforePercent: Int, approvers: [String] = [], roles: [Role] = []) {
        self.beforePercent = beforePercent
        self.approvers = approvers
        self.roles = roles
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        beforePercent = try container.decode(Int.self, forKey: .beforePercent)
        approvers = try container.decodeIfPresent([String].self, forKey: .approvers) ?? []
        roles = try container.decodeIfPresent([Role].self, forKey: .roles) ?? []
    }

    private var rule: ApprovalRule { ApprovalRule(approvers: approvers, roles: roles) }

    package func validate() throws(Problem) { try rule.validate() }

    func names(_ name: String, holding roles: Set<Role>) -> Bool { rule.names(name, holding: roles) }

    /// Whom it asks, for people.
    package var asked: String {
        let names = approvers + roles.map { "anyone with role '\($0.rawValue)'" }
        return names.isEmpty ? "anyone who may decide approvals" : names.joined(separator: ", ")
    }
}

/// Losses looked at in each of some groups by themselves, so that harm to few is not hidden by the many.
package struct SegmentGuard: Codable, Equatable, Sendable {
    /// The input whose value is the segment.
    package var input: String
    /// The segments, named before the rollout so that α can be split among them.
    package var values: [String]

    package init(input: String, values: [String]) {
        self.input = input
        self.values = values
    }
}
