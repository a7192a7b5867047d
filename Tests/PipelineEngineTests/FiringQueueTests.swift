// SPDX-License-Identifier: Apache-2.0

import Domain
import Pipelines
import Testing

@Suite("Decisions about waiting events")
struct FiringQueueTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func specification(
        _ debounce: Debounce = Debounce(), budget: Int? = nil, _ concurrency: TriggerConcurrency = TriggerConcurrency()
    ) -> TriggerSpecification {
        TriggerSpecification(
            name: "t", pipeline: "p", source: .http(HTTPSource()), debounce: debounce, budgetPerDay: budget, concurrency: concurrency)
    }

    /// Events so many seconds ago, named a, b, c, …
    private func events(_ ages: Int..., key: String? = nil) -> [FiringQueue.Pending] {
        zip("abcdefgh", ages).map { FiringQueue.Pending(entry: String($0), key: key, arrived: now - .seconds($1)) }
    }

    @Test("start what came, oldest first, when nothing is said")
    func plain() {
        #expect(FiringQueue(specification: specification(), pending: events(2, 1), open: 5).next(at: now) == .start(entry: "a"))
        #expect(FiringQueue(specification: specification(), pending: []).next(at: now) == .idle)
    }

    @Test("wait for quiet, then start the newest alone")
    func quiet() {
        let rule = specification(Debounce(quietSeconds: 60, maximumPending: 5))
        var queue = FiringQueue(specification: rule, pending: events(100, 59))
        #expect(queue.next(at: now) == .wait(until: now + .seconds(1), because: "Nothing may come for 60 s first."))
        queue.pending = events(100, 60)
        guard case .skip("a", .superseded, _) = queue.next(at: now) else { Issue.record("The older one gives way."); return }
        queue.pending = Array(events(100, 60).suffix(1))
        #expect(queue.next(at: now) == .start(entry: "b"))
    }

    @Test("wait no longer than the longest wait, counted from the first event of the burst")
    func longest() {
        let rule = specification(Debounce(quietSeconds: 60, longestWaitSeconds: 300))
        var queue = FiringQueue(specification: rule, pending: events(1), pendingSince: now - .seconds(299))
        guard case .wait(let until, _) = queue.next(at: now) else { Issue.record("It waits."); return }
        #expect(until == now + .seconds(1))
        queue.pendingSince = now - .seconds(300)
        #expect(queue.next(at: now) == .start(entry: "a"))
    }

    @Test("keep executions apart")
    func interval() {
        let rule = specification(Debounce(minimumIntervalSeconds: 3600))
        let queue = FiringQueue(specification: rule, pending: events(5), lastStarted: now - .seconds(3599))
        guard case .wait(let until, _) = queue.next(at: now) else { Issue.record("It waits."); return }
        #expect(until == now + .seconds(1))
        #expect(queue.next(at: now + .seconds(1)) == .start(entry: "a"))
    }

    @Test("let the newest wait, as many as may")
    func pending() {
        let rule = specification(Debounce(minimumIntervalSeconds: 10, maximumPending: 2))
        guard case .skip("a", .superseded, _) = FiringQueue(specification: rule, pending: events(3, 2, 1)).next(at: now) else {
            Issue.record("The oldest gives way.")
            return
        }
        #expect(specification(Debounce(quietSeconds: 1)).maximumPending == 1)
        #expect(specification().maximumPending == 100)
    }

    @Test("start nothing for a key twice, nor beyond the budget")
    func keysAndBudget() {
        let queue = FiringQueue(specification: specification(), pending: events(1, key: "k"), started: ["k": "e1"])
        guard case .skip("a", .sameKey, let why) = queue.next(at: now) else { Issue.record("It is skipped."); return }
        #expect(why.contains("e1"))
        let spent = FiringQueue(specification: specification(budget: 3), pending: events(1), startedLately: 3)
        guard case .skip("a", .budget, _) = spent.next(at: now) else { Issue.record("It is skipped."); return }
        #expect(
            FiringQueue(specification: specification(budget: 3), pending: events(1), startedLately: 2).next(at: now) == .start(entry: "a"))
    }

    @Test("do what the policy says while executions are open", arguments: TriggerConcurrency.Policy.allCases)
    func concurrency(_ policy: TriggerConcurrency.Policy) {
        let rule = specification(Debounce(), TriggerConcurrency(policy: policy, limit: 2))
        #expect(FiringQueue(specification: rule, pending: events(1), open: 1, replaceable: 1).next(at: now) == .start(entry: "a"))
        let full = FiringQueue(specification: rule, pending: events(1), open: 2, replaceable: 1)
        switch (policy, full.next(at: now)) {
        case (.allow, .start("a")), (.forbid, .skip("a", .overlap, _)), (.replace, .makeRoom): break
        case (.queue, .wait(let until, _)): #expect(until == now)
        case (_, let decision): Issue.record("\(policy) gives \(decision).")
        }
        if policy == .replace {
            // One is being cancelled already: its end is waited for, the other goes on.
            guard case .wait = FiringQueue(specification: rule, pending: events(1), open: 2, cancelling: 1, replaceable: 1).next(at: now),
                case .wait = FiringQueue(specification: rule, pending: events(1), open: 2).next(at: now)
            else {
                Issue.record("It waits for the end of what was cancelled, or of what a person started.")
                return
            }
        }
    }

    @Test("do not wait for a clock that was put back")
    func putBack() {
        let rule = specification(Debounce(quietSeconds: 60, minimumIntervalSeconds: 60))
        let queue = FiringQueue(specification: rule, pending: events(-86_400), lastStarted: now + .seconds(86_400))
        #expect(queue.next(at: now) == .start(entry: "a"))
    }
}
