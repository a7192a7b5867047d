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
                .attemptStarted("first", attempt: 1), .attemptSucceeded("first", attempt: 1),
            ]
            let events: [ExecutionEvent] =
                switch self {
                case .waiting: []
                case .readyWithCache, .ready: firstSucceeds
                case .running: firstSucceeds + [.attemptStarted("step", attempt: 1)]
                case .succeeded: firstSucceeds + [.attemptStarted("step", attempt: 1), .attemptSucceeded("step", attempt: 1)]
                case .reused: firstSucceeds + [.cacheHit("step")]
                case .failed: firstSucceeds + [.attemptStarted("step", attempt: 1), .attemptRefused("step", attempt: 1)]
                case .skipped: [.attemptFailed("first", attempt: 1)]
                case .cancelled: firstSucceeds + [.attemptStarted("step", attempt: 1), .attemptCancelled("step", attempt: 1)]
                }
            for event in events {
                let isNew = state.apply(event)
                #expect(isNew)
            }
            return state
        }
    }

    private static let events: [ExecutionEvent] = [
        .cancelRequested, .cacheHit("step"), .cacheMissed("step"), .attemptStarted("step", attempt: 1),
        .attemptSucceeded("step", attempt: 1), .attemptFailed("step", attempt: 1), .attemptRefused("step", attempt: 1),
        .attemptLost("step", attempt: 1), .attemptCancelled("step", attempt: 1),
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
                .attemptSucceeded("step", attempt: 7), .attemptFailed("step", attempt: 0), .cacheHit("unknown"),
            ] {
                let isStrayNew = after.apply(stray)
                #expect(!isStrayNew, "\(stray)")
            }
        }
    }

    @Test("retries failures as often as the step says, then fails and skips what follows")
    func retries() throws {
        var state = try Start.running.execution()
        state.apply(.attemptFailed("step", attempt: 1))
        #expect(state.nextActions() == [.start("step", attempt: 2, unsuccessful: 1)])
        state.apply(.attemptStarted("step", attempt: 2))
        #expect(state.nextActions() == [.watch("step", attempt: 2)])
        // A lost attempt costs no retry.
        state.apply(.attemptLost("step", attempt: 2))
        #expect(state.nextActions() == [.start("step", attempt: 3, unsuccessful: 2)])
        state.apply(.attemptFailed("step", attempt: 3))
        #expect(state["step"]?.state == .failed)
        #expect(state["last"]?.state == .skipped)
        #expect(state.nextActions() == [.finish(.failed)])
    }

    @Test("gives up on a step whose attempts are always lost")
    func losses() throws {
        var state = try Start.ready.execution()
        for attempt in 1...4 { state.apply(.attemptLost("step", attempt: attempt)) }
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
        #expect(state.nextActions() == [.stop("step", attempt: 1)])
        var ended = state
        ended.apply(.attemptFailed("step", attempt: 1))
        #expect(ended["step"]?.state == .cancelled)
        #expect(ended.nextActions() == [.finish(.cancelled)])
        state.apply(.attemptSucceeded("step", attempt: 1))
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
        state.apply(.attemptStarted("ask", attempt: 1))
        #expect(state.status == .running)
        state.apply(.attemptSucceeded("work", attempt: 1))
        #expect(state.status == .waitingForApproval)
        #expect(state.nextActions() == [.watch("ask", attempt: 1)])
        var refused = state
        refused.apply(.attemptRefused("ask", attempt: 1))
        #expect(refused.nextActions() == [.finish(.failed)])
        state.apply(.attemptSucceeded("ask", attempt: 1))
        #expect(state.nextActions() == [.start("release", attempt: 1, unsuccessful: 0)])
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
        state.apply(.attemptFailed("a", attempt: 1))
        state.apply(.attemptSucceeded("b", attempt: 1))
        #expect(state.steps.map { state[StepUnit($0)]?.state } == [.failed, .skipped, .succeeded, .ready])
    }

    private static func state(_ steps: StepSpecification...) throws -> ExecutionState {
        ExecutionState(try ExecutionPlan(PipelineSpecification(name: "p", steps: steps)))
    }

    @Test("omits a step whose condition does not hold, and what uses its outputs, but not what only comes after it")
    func conditions() throws {
        var step = StepSpecification(name: "a", command: ["x"], isCacheable: false, outputs: ["file": OutputSpecification(path: "file")])
        step.condition = "false"
        var state = try Self.state(
            step, StepSpecification(name: "uses", command: ["x"], inputs: ["file": .output(step: "a", name: "file")]),
            StepSpecification(name: "after", needs: ["a"], command: ["x"], isCacheable: false))
        #expect(state.nextActions() == [.decide(step: "a")])
        // Nothing starts before the answer.
        let isEarly = state.apply(.attemptStarted("a", attempt: 1))
        #expect(!isEarly)
        state.apply(.conditionAnswered(step: "a", holds: false))
        #expect(state["a"]?.state == .omitted)
        #expect(state["uses"]?.state == .omitted)
        #expect(state.nextActions() == [.start("after", attempt: 1, unsuccessful: 0)])
        state.apply(.attemptSucceeded("after", attempt: 1))
        #expect(state.nextActions() == [.finish(.succeeded)])
    }

    @Test("fails a step whose condition cannot be evaluated: an error never permits")
    func conditionError() throws {
        var step = StepSpecification(name: "a", command: ["x"])
        step.condition = "1 / 0 == 1"
        var state = try Self.state(step)
        state.apply(.questionFailed("a"))
        #expect(state.nextActions() == [.finish(.failed)])
    }

    @Test("runs what is to come after a failure only then, and what always comes always", arguments: [true, false])
    func rules(_ fails: Bool) throws {
        var onFailure = StepSpecification(name: "onFailure", needs: ["a"], command: ["x"], isCacheable: false)
        onFailure.runs = .afterFailure
        var always = StepSpecification(name: "always", needs: ["a"], command: ["x"], isCacheable: false)
        always.runs = .always
        var state = try Self.state(StepSpecification(name: "a", command: ["x"], isCacheable: false), onFailure, always)
        state.apply(fails ? .attemptFailed("a", attempt: 1) : .attemptSucceeded("a", attempt: 1))
        #expect(state["onFailure"]?.state == (fails ? .ready : .omitted))
        #expect(state["always"]?.state == .ready)
        state.apply(.attemptSucceeded("always", attempt: 1))
        if fails { state.apply(.attemptSucceeded("onFailure", attempt: 1)) }
        #expect(state.nextActions() == [.finish(fails ? .failed : .succeeded)])
    }

    @Test("runs a step for each element, as many at a time as it says, and ends it with the last")
    func fanOut() throws {
        var step = StepSpecification(name: "each", command: ["x"], isCacheable: false)
        step.forEach = FanOut(.binding(.value([1, 2, 3])), limit: 2)
        var state = try Self.state(step, StepSpecification(name: "after", needs: ["each"], command: ["x"], isCacheable: false))
        var ready = state.takeReady(limit: 10)
        #expect(ready == [.expand(step: "each")])
        state.apply(.expanded(step: "each", count: 3))
        let (first, second, third) = (StepUnit("each", item: 0), StepUnit("each", item: 1), StepUnit("each", item: 2))
        ready = state.takeReady(limit: 10)
        #expect(
            ready == [.start(first, attempt: 1, unsuccessful: 0), .start(second, attempt: 1, unsuccessful: 0)])
        #expect(state[third]?.state == .waiting)
        state.apply(.attemptSucceeded(first, attempt: 1))
        ready = state.takeReady(limit: 10)
        #expect(ready == [.start(third, attempt: 1, unsuccessful: 0)])
        #expect(state.itemCounts(of: "each") == ["succeeded": 1, "ready": 2])
        // One that fails does not end the others, but the step.
        state.apply(.attemptFailed(second, attempt: 1))
        #expect(state["each"]?.state == .expanded)
        state.apply(.attemptSucceeded(third, attempt: 1))
        #expect(state["each"]?.state == .failed)
        #expect(state["after"]?.state == .skipped)
    }

    @Test("ends a step well whose list is empty")
    func emptyList() throws {
        var step = StepSpecification(name: "each", command: ["x"])
        step.forEach = FanOut(.binding(.value([])))
        var state = try Self.state(step)
        state.apply(.expanded(step: "each", count: 0))
        #expect(state.nextActions() == [.finish(.succeeded)])
    }

    @Test("starts nothing while it is paused, and goes on where it was")
    func pausing() throws {
        var state = try Start.ready.execution()
        state.apply(.pauseRequested)
        #expect(state.status == .paused)
        #expect(state.nextActions().isEmpty)
        let whilePaused = state.takeReady(limit: 10)
        #expect(whilePaused.isEmpty)
        state.apply(.resumeRequested)
        #expect(state.nextActions() == [.start("step", attempt: 1, unsuccessful: 0)])
    }

    @Test("fails when its time is over, and stops what runs")
    func timeOut() throws {
        var state = try Start.running.execution()
        state.apply(.timedOut)
        #expect(state.nextActions() == [.stop("step", attempt: 1)])
        state.apply(.attemptCancelled("step", attempt: 1))
        #expect(state.nextActions() == [.finish(.failed)])
    }

    @Test("asks of every step whether an earlier result stands when it goes on from another execution")
    func asksAll() throws {
        let plan = try ExecutionPlan(PipelineSpecification(name: "p", steps: [StepSpecification(name: "ask", kind: .approval)]))
        #expect(ExecutionState(plan, asksAll: true).nextActions() == [.resolveCache("ask")])
    }

    @Test("walks a chain of ten thousand steps without recursion")
    func longChain() throws {
        let steps = (0..<10_000).map { StepSpecification(name: "s\($0)", needs: $0 == 0 ? [] : ["s\($0 - 1)"], command: ["x"]) }
        var state = ExecutionState(try ExecutionPlan(PipelineSpecification(name: "p", steps: steps)))
        state.apply(.questionFailed("s0"))
        #expect(state.nextActions() == [.finish(.failed)])
        #expect(state["s9999"]?.state == .skipped)
    }

    @Test("names units so that they can be read back")
    func names() {
        for unit in [StepUnit("a"), StepUnit("a", item: 0), StepUnit("a.b-1", item: 99_999)] {
            #expect(StepUnit(reading: unit.description) == unit)
        }
    }
}
