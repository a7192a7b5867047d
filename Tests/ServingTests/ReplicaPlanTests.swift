// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Serving

@Suite("What is to be done about replicas")
struct ReplicaPlanTests {
    private func plan(_ minimum: Int, _ maximum: Int) -> ReplicaPlan {
        var scaling = ReplicaScaler.Settings()
        scaling.minimum = minimum
        scaling.maximum = maximum
        return ReplicaPlan(scaling: scaling)
    }

    @Test("starts as many as are wanted at least, and no more while they start")
    func start() {
        var plan = plan(2, 3)
        #expect(plan.condition == .idle)
        #expect(plan.decide(at: .zero, concurrency: 0) == [.start(1), .start(2)])
        #expect(plan.condition == .starting)
        #expect(plan.decide(at: .seconds(1), concurrency: 0) == [])
        plan.becameReady(1, at: .seconds(2))
        #expect(plan.condition == .ready)
        #expect(plan.ready == 1)
    }

    @Test("starts another in place of one that ended, later and later while they end")
    func restart() {
        var plan = plan(1, 1)
        var now = Duration.zero
        var pauses: [Duration] = []
        for id in 1...8 {
            #expect(plan.decide(at: now, concurrency: 0) == [.start(id)])
            plan.ended(id, at: now)
            #expect(plan.decide(at: plan.backoff.until - .milliseconds(1), concurrency: 0) == [])
            pauses.append(plan.backoff.until - now)
            now = plan.backoff.until
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
    }

    @Test("calls it a crash loop after three ends in a row, until one has been ready for a minute")
    func crashLoop() {
        var plan = plan(1, 1)
        var now = Duration.zero
        for id in 1...3 {
            #expect(plan.decide(at: now, concurrency: 0) == [.start(id)])
            #expect(plan.condition == .starting)
            plan.ended(id, at: now)
            now = plan.backoff.until
        }
        #expect(plan.condition == .crashLooping)
        #expect(plan.backoff.failures == 3)
        #expect(plan.decide(at: now - .milliseconds(1), concurrency: 0) == [])
        #expect(plan.decide(at: now, concurrency: 0) == [.start(4)])
        #expect(plan.condition == .crashLooping, "It has not shown that it works.")
        plan.becameReady(4, at: now)
        #expect(plan.condition == .ready)
        _ = plan.decide(at: now + .seconds(60), concurrency: 0)
        #expect(plan.backoff.failures == 0)
    }

    @Test("ends what does not answer in time after its start, or not any more, and counts both as failures")
    func unhealthy() {
        var plan = plan(1, 1)
        _ = plan.decide(at: .zero, concurrency: 0)
        #expect(plan.decide(at: .seconds(120), concurrency: 0) == [.stop(1)])
        #expect(plan.backoff.failures == 1)
        plan.ended(1, at: .seconds(121))
        #expect(plan.backoff.failures == 1, "It was told to end.")
        #expect(plan.decide(at: .seconds(122), concurrency: 0) == [.start(2)])
        plan.becameReady(2, at: .seconds(123))
        #expect(plan.becameUnhealthy(2, at: .seconds(130)) == .stop(2))
        #expect(plan.becameUnhealthy(2, at: .seconds(131)) == nil)
        #expect(plan.backoff.failures == 2)
    }

    @Test("lets calls end before it ends a replica that is not needed any more, but not for ever")
    func drain() {
        var plan = plan(0, 2)
        #expect(plan.decide(at: .zero, concurrency: 2) == [.start(1), .start(2)])
        plan.becameReady(1, at: .seconds(1))
        plan.becameReady(2, at: .seconds(1))
        var actions: [ReplicaPlan.Action] = []
        var now = Duration.seconds(1)
        while actions.isEmpty {
            now += .seconds(1)
            actions = plan.decide(at: now, concurrency: 0)
        }
        #expect(actions == [.drain(2)], "The youngest.")
        #expect(plan.ready == 1)
        #expect(plan.decide(at: now + .seconds(29), concurrency: 0) == [])
        #expect(plan.drained(1) == nil)
        #expect(plan.drained(2) == .stop(2))
        #expect(plan.drained(2) == nil)
    }

    @Test("ends what drains too long")
    func drainLimit() {
        var plan = plan(1, 1)
        _ = plan.decide(at: .zero, concurrency: 0)
        plan.becameReady(1, at: .seconds(1))
        plan.retire()
        #expect(plan.decide(at: .seconds(2), concurrency: 0) == [.drain(1)])
        #expect(!plan.isOver)
        #expect(plan.decide(at: .seconds(32), concurrency: 0) == [.stop(1)])
        plan.ended(1, at: .seconds(33))
        #expect(plan.isOver)
        #expect(plan.backoff.failures == 0)
        #expect(plan.decide(at: .seconds(34), concurrency: 5) == [])
    }
}
