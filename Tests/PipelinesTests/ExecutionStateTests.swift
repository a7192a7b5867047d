// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Pipelines
import Testing

@Suite("An execution")
struct ExecutionStateTests {
    /// `first` → `step` → `last`; the step has one retry.
    private static func execution(cached: Bool = false) throws -> ExecutionState {
        let steps = [
            StepSpecification(name: "first", command: ["x"], isCacheable: false),
            StepSpecification(name: "step", needs: ["first"], retries: 1, command: ["x"], isCacheable: cached),
            StepSpecification(name: "last", needs: ["step"], command: ["x"], isCacheable: false),
        ]
        return ExecutionState(try ExecutionPlan(PipelineSpecification(name: "p", steps: steps)))
    }

    /// What brings `step` into each of its states.
    enum Start: String, CaseIterable {
        case waiting, readyWithCache, ready, running, succeeded, reused, failed, skipped, cancelled

        func execution() throws -> ExecutionState {
            var state = try ExecutionStateTests.execution(cached: self == .readyWithCache || self == .reused)
            let firstSucceeds: [ExecutionEvent] = [
                .attemptStarted(step: "first", attempt: 1), .attemptSucceeded(step: "first", attempt: 1),
            ]
            let events: [ExecutionEvent] =
                switch self {
                case .waiting: []
                case .readyWithCache, .ready: firstSucceeds
                case .running: firstSucceeds + [.attemptStarted(step: "step", attempt: 1)]
                case .succeeded: firstSucceeds + [.attemptStarted(step: "step", attempt: 1), .attemptSucceeded(step: "step", attempt: 1)]
                case .reused: firstSucceeds + [.cacheHit(step: "step")]
                case .failed: firstSucceeds + [.attemptStarted(step: "step", attempt: 1), .attemptRefused(step: "step", attempt: 1)]
                case .skipped: [.attemptFailed(step: "first", attempt: 1)]
                case .cancelled: firstSucceeds + [.attemptStarted(step: "step", attempt: 1), .attemptCancelled(step: "step", attempt: 1)]
                }
            for event in events {
                let isNew = state.apply(event)
                #expect(isNew)
            }
            return state
        }
    }

    private static let events: [ExecutionEvent] = [
        .cancelRequested, .cacheHit(step: "step"), .cacheMissed(step: "step"), .attemptStarted(step: "step", attempt: 1),
        .attemptSucceeded(step: "step", attempt: 1), .attemptFailed(step: "step", attempt: 1), .attemptRefused(step: "step", attempt: 1),
        .attemptLost(step: "step", attempt: 1), .attemptCancelled(step: "step", attempt: 1),
    ]

    /// The state after each of `events`, nil where the event is ignored.
    private static func expected(_ start: Start) -> [StepState?] {
        switch start {
        case .waiting: [.cancelled, nil, nil, nil, nil, nil, nil, nil, nil]
        case .readyWithCache: [.cancelled, .reused, .ready, .running(attempt: 1), nil, nil, nil, nil, nil]
        case .ready: [.cancelled, nil, nil, .running(attempt: 1), .succeeded, .ready, .failed, .ready, .cancelled]
        case .running: [.running(attempt: 1), nil, nil, nil, .succeeded, .ready, .failed, .ready, .cancelled]
        // 'last' still waits, so cancelling changes the execution but not this step.
        case .succeeded: [.succeeded, nil, nil, nil, nil, nil, nil, nil, nil]
        case .reused: [.reused, nil, nil, nil, nil, nil, nil, nil, nil]
        case .failed, .skipped, .cancelled: [nil, nil, nil, nil, nil, nil, nil, nil, nil]
        }
    }

    @Test("goes from every state by every event where it should", arguments: Start.allCases)
    func transitions(_ start: Start) throws {
        for (event, expected) in zip(Self.events, Self.expected(start)) {
            let before = try start.execution()
            var after = before
            let isNew = after.apply(event)
            #expect(isNew == (expected != nil), "\(event)")
            #expect(after["step"]?.state == expected ?? before["step"]?.state, "\(event)")
            if !isNew { #expect(after == before) }
            // The same again changes nothing, nor does what is about another attempt or an unknown step.
            let isNewAgain = after.apply(event)
            #expect(!isNewAgain, "\(event) again")
            for stray: ExecutionEvent in [
                .attemptSucceeded(step: "step", attempt: 7), .attemptFailed(step: "step", attempt: 0), .cacheHit(step: "unknown"),
            ] {
                let isStrayNew = after.apply(stray)
                #expect(!isStrayNew, "\(stray)")
            }
        }
    }

    @Test("retries failures as often as the step says, with growing pauses, then fails and skips what follows")
    func retries() throws {
        var state = try Start.running.execution()
        state.apply(.attemptFailed(step: "step", attempt: 1))
        #expect(state.nextActions() == [.start(step: "step", attempt: 2, afterMilliseconds: 1000)])
        state.apply(.attemptStarted(step: "step", attempt: 2))
        #expect(state.nextActions() == [.watch(step: "step", attempt: 2)])
        // A lost attempt costs no retry.
        state.apply(.attemptLost(step: "step", attempt: 2))
        #expect(state.nextActions() == [.start(step: "step", attempt: 3, afterMilliseconds: 2000)])
        state.apply(.attemptFailed(step: "step", attempt: 3))
        #expect(state["step"]?.state == .failed)
        #expect(state["last"]?.state == .skipped)
        #expect(state.nextActions() == [.finish(.failed)])
    }

    @Test("gives up on a step whose attempts are always lost")
    func losses() throws {
        var state = try Start.ready.execution()
        for attempt in 1...4 { state.apply(.attemptLost(step: "step", attempt: attempt)) }
        #expect(state["step"]?.losses == 4)
        #expect(state["step"]?.state == .failed)
    }

    @Test("pauses 1, 2, 4, … and at most 60 seconds")
    func pauses() {
        let policy = RetryPolicy()
        #expect((0...8).map(policy.pauseMilliseconds(after:)) == [0, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000])
        #expect(policy.pauseMilliseconds(after: .max) == 60000)
        #expect(RetryPolicy(firstPauseMilliseconds: 5, factor: 1).pauseMilliseconds(after: 50) == 5)
    }

    @Test("cancelled, stops what runs and starts nothing")
    func cancelling() throws {
        var state = try Start.running.execution()
        state.apply(.cancelRequested)
        #expect(state.status == .running)
        #expect(state.nextActions() == [.stop(step: "step", attempt: 1)])
        var ended = state
        ended.apply(.attemptFailed(step: "step", attempt: 1))
        #expect(ended["step"]?.state == .cancelled)
        #expect(ended.nextActions() == [.finish(.cancelled)])
        state.apply(.attemptSucceeded(step: "step", attempt: 1))
        #expect(state["step"]?.state == .succeeded)
        #expect(state.nextActions() == [.finish(.cancelled)])
    }

    @Test("waits for approval when nothing else goes on")
    func approval() throws {
        let steps = [
            StepSpecification(name: "ask", kind: .approval), StepSpecification(name: "work", command: ["x"], isCacheable: false),
            StepSpecification(name: "release", kind: .release, needs: ["ask", "work"]),
        ]
        var state = ExecutionState(try ExecutionPlan(PipelineSpecification(name: "p", steps: steps)))
        state.apply(.attemptStarted(step: "ask", attempt: 1))
        #expect(state.status == .running)
        state.apply(.attemptSucceeded(step: "work", attempt: 1))
        #expect(state.status == .waitingForApproval)
        #expect(state.nextActions() == [.watch(step: "ask", attempt: 1)])
        var refused = state
        refused.apply(.attemptRefused(step: "ask", attempt: 1))
        #expect(refused.nextActions() == [.finish(.failed)])
        state.apply(.attemptSucceeded(step: "ask", attempt: 1))
        #expect(state.nextActions() == [.start(step: "release", attempt: 1, afterMilliseconds: 0)])
    }

    @Test("goes on with other branches when one fails")
    func branches() throws {
        let steps = ["a", "b"].flatMap {
            [
                StepSpecification(name: $0, command: ["x"], isCacheable: false),
                StepSpecification(name: "\($0)2", needs: [$0], command: ["x"], isCacheable: false),
            ]
        }
        var state = ExecutionState(try ExecutionPlan(PipelineSpecification(name: "p", steps: steps)))
        state.apply(.attemptFailed(step: "a", attempt: 1))
        state.apply(.attemptSucceeded(step: "b", attempt: 1))
        #expect(state.steps.map(\.state) == [.failed, .skipped, .succeeded, .ready])
    }

    @Test("survives being stored as JSON")
    func stored() throws {
        for start in Start.allCases {
            let state = try start.execution()
            #expect(try JSONDecoder().decode(ExecutionState.self, from: JSONEncoder().encode(state)) == state)
        }
    }
}
