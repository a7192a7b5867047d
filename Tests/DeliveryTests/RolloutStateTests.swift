// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Statistics
import Testing

@Suite struct RolloutStateTests {
    fileprivate static let deadline = Timestamp(milliseconds: 1_000_000)
    fileprivate static let before = Timestamp(milliseconds: 999_999)

    private static func state(_ phase: RolloutState.Phase, step: Int = 0, hasStable: Bool = true, plan: RolloutPlan? = nil) -> RolloutState
    {
        RolloutState(
            plan: plan ?? RolloutPlan(minimumLabelled: 100), phase: phase, step: phase == .promoted ? 2 : step, hasStable: hasStable,
            deadline: deadline)
    }

    enum Outcome: String {
        case hold, shift, promote, rollBack, pause, resume, abort, step, smoke, letGo, supersede, conflict, rejected, forbidden
    }

    private static func outcome(_ body: () throws -> RolloutDecision) throws -> Outcome {
        do {
            switch try body() {
            case .hold: return .hold
            case .shift: return .shift
            case .promote: return .promote
            case .rollBack: return .rollBack
            case .pause: return .pause
            case .resume: return .resume
            case .abort: return .abort
            case .approveStep, .retractStep: return .step
            case .noteSmoke: return .smoke
            case .letGo: return .letGo
            case .supersede: return .supersede
            }
        } catch let problem as Problem {
            return try #require(Outcome(rawValue: problem.kind.rawValue))
        }
    }

    enum Seen: CaseIterable {
        case nothing, enough, harm, invalid, tooLate, enoughLate

        var evidence: RolloutEvidence {
            switch self {
            case .nothing, .tooLate: RolloutEvidence()
            case .enough, .enoughLate: .labelled(100)
            case .harm: .harmful
            case .invalid: .labelled(0, invalid: 6)
            }
        }

        var time: Timestamp { self == .tooLate || self == .enoughLate ? RolloutStateTests.deadline : RolloutStateTests.before }
    }

    @Test("what evidence asks for in each phase", arguments: Seen.allCases)
    func evidence(seen: Seen) throws {
        let expected: [RolloutState.Phase: [Seen: Outcome]] = [
            .progressing: [.nothing: .hold, .enough: .shift, .harm: .rollBack, .invalid: .rollBack, .tooLate: .pause, .enoughLate: .shift],
            .paused: [.nothing: .hold, .enough: .hold, .harm: .rollBack, .invalid: .rollBack, .tooLate: .hold, .enoughLate: .hold],
            .promoted: [.nothing: .hold, .enough: .hold, .harm: .rollBack, .invalid: .rollBack, .tooLate: .hold, .enoughLate: .hold],
        ]
        for phase in RolloutState.Phase.allCases {
            let outcome = try Self.outcome { Self.state(phase).next(seen.evidence, at: seen.time) }
            #expect(outcome == expected[phase]?[seen] ?? .hold, "\(phase)")
        }
    }

    @Test("what a person may ask for in each phase")
    func commands() throws {
        let commands: [RolloutCommand] = [
            .shift(toPercent: 50), .promote, .rollBack(because: "r"), .pause(because: "r"), .resume, .abort(because: "r"),
        ]
        let expected: [RolloutState.Phase: [Outcome]] = [
            .progressing: [.shift, .promote, .rollBack, .pause, .hold, .abort],
            .paused: [.conflict, .promote, .rollBack, .hold, .resume, .abort],
            .promoted: [.conflict, .hold, .rollBack, .conflict, .conflict, .hold],
            .rolledBack: [.conflict, .conflict, .hold, .conflict, .conflict, .hold],
            .aborted: [.conflict, .conflict, .hold, .conflict, .conflict, .hold],
            .superseded: [.conflict, .conflict, .hold, .conflict, .conflict, .hold],
        ]
        for phase in RolloutState.Phase.allCases {
            let outcomes = try commands.map { command in try Self.outcome { try Self.state(phase).answer(command, nil) } }
            #expect(outcomes == expected[phase], "\(phase)")
        }
    }

    @Test("nobody promotes or shifts against a breach")
    func breach() throws {
        for phase in [RolloutState.Phase.progressing, .paused] {
            #expect(try Self.outcome { try Self.state(phase).answer(.promote, .harmful) } == .rejected)
        }
        #expect(try Self.outcome { try Self.state(.progressing).answer(.shift(toPercent: 50), .harmful) } == .rejected)
    }

    @Test(
        "shifts only to later steps of the plan",
        arguments: [(10, Outcome.hold), (50, .shift), (100, .rejected), (30, .rejected), (5, .rejected), (0, .rejected), (-1, .rejected)])
    func percents(percent: Int, outcome: Outcome) throws {
        #expect(try Self.outcome { try Self.state(.progressing).answer(.shift(toPercent: percent), nil) } == outcome)
    }

    @Test("the first release of an endpoint has nothing to go back to")
    func first() throws {
        let state = Self.state(.promoted, hasStable: false)
        #expect(try Self.outcome { try state.answer(.rollBack(because: "r"), nil) } == .rejected)
        #expect(try Self.outcome { state.next(.harmful, at: Self.before) } == .hold)
    }

    @Test("each step needs evidence of its own, from both revisions")
    func perStep() throws {
        var state = Self.state(.progressing, step: 1)
        state.stepStart = RolloutState.Labelled(candidate: 100, stable: 500)
        func next(_ candidate: Int, _ stable: Int) throws -> Outcome {
            let evidence = RolloutEvidence(candidateLabelled: candidate, stableLabelled: stable, candidatePredictions: candidate)
            return try Self.outcome { state.next(evidence, at: Self.before) }
        }
        #expect(try next(199, 900) == .hold)
        #expect(try next(900, 599) == .hold)
        #expect(try next(200, 600) == .promote)
    }

    @Test("a plan may ask for evidence that the candidate is not worse before it is promoted")
    func safety() throws {
        let plan = RolloutPlan(percents: [50, 100], minimumLabelled: 100, requiresShownNotWorse: true)
        let state = Self.state(.progressing, plan: plan)
        var evidence = RolloutEvidence.labelled(5000)
        #expect(try Self.outcome { state.next(evidence, at: Self.before) } == .hold)
        #expect(try Self.outcome { state.next(evidence, at: Self.deadline) } == .pause)
        for index in 0..<600 { evidence.canary.observe(isCanary: index.isMultiple(of: 2), weight: 0.5) }
        #expect(try Self.outcome { state.next(evidence, at: Self.before) } == .promote)
    }

    @Test("time alone pauses a progressing rollout and nothing else", arguments: RolloutState.Phase.allCases)
    func time(phase: RolloutState.Phase) throws {
        #expect(try Self.outcome { Self.state(phase).next(at: Self.before) } == .hold)
        #expect(try Self.outcome { Self.state(phase).next(at: Self.deadline) } == (phase == .progressing ? .pause : .hold))
    }

    @Test(
        "refuses a plan that is not rising whole per cents up to 100",
        arguments: [
            [], [0, 100], [10, 50], [50, 10, 100], [10, 10, 100], [100, 100], [10, 101], [-1, 100], Array(1...19) + [50, 100],
        ])
    func plans(percents: [Int]) {
        #expect(throws: Problem.self) { try RolloutPlan(percents: percents).validate() }
    }

    @Test("takes the standard plan, and one step of everything")
    func goodPlans() throws {
        try RolloutPlan().validate()
        try RolloutPlan(percents: [100]).validate()
        for plan in [
            RolloutPlan(minimumLabelled: 0), RolloutPlan(alpha: 0), RolloutPlan(alpha: 0.5), RolloutPlan(maximumSeconds: 0),
            RolloutPlan(invalidShare: 0), RolloutPlan(invalidShare: 0.6), RolloutPlan(alpha: .nan),
        ] {
            #expect(throws: Problem.self) { try plan.validate() }
        }
    }
}
