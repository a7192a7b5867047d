// SPDX-License-Identifier: Apache-2.0

/// Where one execution of a pipeline is: a value that events change and that says what to do next.
///
/// Pure: no clock, no randomness, nothing outside. Events may come twice, late or not at all: `apply` ignores what no longer matters, and
/// `nextActions` says everything that is to be done or watched now, so an engine that lost its memory begins there again.
package struct ExecutionState: Sendable, Codable, Equatable {
    package let retryPolicy: RetryPolicy
    /// In the plan's order: a step stands after all it needs.
    package private(set) var steps: [StepProgress]
    /// From then on nothing is started.
    package private(set) var isCancelling = false
    private let positions: [String: Int]
    private let dependents: [[Int]]

    package init(_ plan: ExecutionPlan, retryPolicy: RetryPolicy = RetryPolicy()) {
        self.retryPolicy = retryPolicy
        let positions = Dictionary(plan.nodes.enumerated().map { ($1.step.name, $0) }, uniquingKeysWith: { first, _ in first })
        var dependents = [[Int]](repeating: [], count: plan.nodes.count)
        for (position, node) in plan.nodes.enumerated() {
            for need in node.needs { positions[need].map { dependents[$0].append(position) } }
        }
        self.positions = positions
        self.dependents = dependents
        steps = plan.nodes.map { StepProgress($0) }
    }

    package subscript(step: String) -> StepProgress? { positions[step].map { steps[$0] } }

    package var status: ExecutionStatus {
        var waitsForPerson = false
        for step in steps where !step.state.isFinal {
            switch step.state {
            case .ready, .running:
                guard step.kind == .approval else { return .running }
                waitsForPerson = true
            default: break
            }
        }
        if waitsForPerson { return isCancelling ? .running : .waitingForApproval }
        if steps.contains(where: { !$0.state.isFinal }) { return .running }
        if steps.contains(where: { $0.state == .failed }) { return .failed }
        return steps.contains { $0.state == .cancelled } ? .cancelled : .succeeded
    }

    /// Takes up what happened; false when it changed nothing, because it came twice, too late, or is about something unknown.
    @discardableResult
    package mutating func apply(_ event: ExecutionEvent) -> Bool {
        switch event {
        case .cancelRequested: return cancel()
        case .cacheHit(let step): return settle(step, attempt: nil, as: .reused)
        case .cacheMissed(let step):
            guard let position = positions[step], steps[position].state == .ready, steps[position].wantsCache else { return false }
            steps[position].wantsCache = false
            return true
        case .attemptStarted(let step, let attempt):
            guard let position = positions[step], steps[position].state == .ready, attempt == steps[position].nextAttempt else {
                return false
            }
            steps[position].wantsCache = false
            steps[position].attempts = attempt
            steps[position].state = .running(attempt: attempt)
            return true
        case .attemptSucceeded(let step, let attempt): return settle(step, attempt: attempt, as: .succeeded)
        case .attemptCancelled(let step, let attempt): return settle(step, attempt: attempt, as: .cancelled)
        case .attemptRefused(let step, let attempt): return settle(step, attempt: attempt, as: .failed)
        case .attemptFailed(let step, let attempt):
            return retry(step, attempt: attempt) { progress, _ in
                progress.failures += 1
                return progress.failures <= progress.retries
            }
        case .attemptLost(let step, let attempt):
            return retry(step, attempt: attempt) { progress, policy in
                progress.losses += 1
                return progress.losses <= policy.maximumLosses
            }
        }
    }

    /// Everything to do or to go on watching now, in the plan's order. Asking twice gives the same; doing an action twice must be the
    /// same as once (attempts have ids made of execution, step and number).
    package func nextActions() -> [ExecutionAction] {
        var actions: [ExecutionAction] = []
        var isOver = true
        for step in steps {
            isOver = isOver && step.state.isFinal
            switch step.state {
            case .ready where step.wantsCache: actions.append(.resolveCache(step: step.name))
            case .ready:
                let pause = retryPolicy.pauseMilliseconds(after: step.failures + step.losses)
                actions.append(.start(step: step.name, attempt: step.nextAttempt, afterMilliseconds: pause))
            case .running(let attempt):
                actions.append(isCancelling ? .stop(step: step.name, attempt: attempt) : .watch(step: step.name, attempt: attempt))
            default: break
            }
        }
        return isOver ? [.finish(status)] : actions
    }

    private mutating func cancel() -> Bool {
        guard !isCancelling, steps.contains(where: { !$0.state.isFinal }) else { return false }
        isCancelling = true
        for position in steps.indices where steps[position].state == .waiting || steps[position].state == .ready {
            steps[position].state = .cancelled
        }
        return true
    }

    /// The step's position when `attempt` is the one under way; nil `attempt` stands for the cache being asked.
    private func current(_ step: String, _ attempt: Int?) -> Int? {
        guard let position = positions[step] else { return nil }
        let progress = steps[position]
        switch (progress.state, attempt) {
        case (.running(let running), let attempt?): return running == attempt ? position : nil
        // The word that it started was lost, but it was ours to start: the end says as much.
        case (.ready, let attempt?): return attempt == progress.nextAttempt && !progress.wantsCache ? position : nil
        case (.ready, nil): return progress.wantsCache ? position : nil
        default: return nil
        }
    }

    private mutating func settle(_ step: String, attempt: Int?, as state: StepState) -> Bool {
        guard let position = current(step, attempt) else { return false }
        if let attempt { steps[position].attempts = attempt }
        steps[position].wantsCache = false
        steps[position].state = state
        if state == .succeeded || state == .reused { release(position) } else if !isCancelling { skip(after: position) }
        return true
    }

    private mutating func retry(_ step: String, attempt: Int, _ mayRetry: (inout StepProgress, RetryPolicy) -> Bool) -> Bool {
        guard let position = current(step, attempt) else { return false }
        let isAllowed = mayRetry(&steps[position], retryPolicy)
        guard isAllowed, !isCancelling else { return settle(step, attempt: attempt, as: isCancelling ? .cancelled : .failed) }
        steps[position].attempts = attempt
        steps[position].state = .ready
        return true
    }

    private mutating func release(_ position: Int) {
        for dependent in dependents[position] {
            steps[dependent].unmetNeeds -= 1
            if steps[dependent].unmetNeeds == 0, steps[dependent].state == .waiting { steps[dependent].state = .ready }
        }
    }

    private mutating func skip(after position: Int) {
        var open = dependents[position]
        while let next = open.popLast() {
            guard steps[next].state == .waiting else { continue }
            steps[next].state = .skipped
            open += dependents[next]
        }
    }
}
