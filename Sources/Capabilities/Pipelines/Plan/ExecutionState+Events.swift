// SPDX-License-Identifier: Apache-2.0

/// How events change the state.
extension ExecutionState {
    /// Takes up what happened; false when it changed nothing, because it came twice, too late, or is about something unknown.
    ///
    /// O(1) but for cancelling, and for letting go of what waits behind a step that ended.
    @discardableResult
    package mutating func apply(_ event: ExecutionEvent) -> Bool {
        switch event {
        case .cancelRequested: return cancel()
        case .timedOut:
            guard !isTimedOut, cancel() else { return false }
            isTimedOut = true
            return true
        case .pauseRequested: return pause(true)
        case .resumeRequested: return pause(false)
        case .conditionAnswered(let step, let holds): return answer(StepUnit(step), .condition, holds ? nil : .omitted)
        case .questionFailed(let unit):
            guard let place = place(unit), self[place].state == .ready else { return false }
            end(place, as: .failed)
            return true
        case .expanded(let step, let count): return expand(step, count)
        case .cacheHit(let unit): return answer(unit, .cache, .reused)
        case .cacheMissed(let unit): return answer(unit, .cache, nil)
        case .attemptStarted(let unit, let attempt):
            guard let place = place(unit), self[place].state == .ready, attempt == self[place].nextAttempt, isAsked(place) else {
                return false
            }
            self[place].questions = []
            self[place].attempts = attempt
            move(place, to: .running(attempt: attempt))
            return true
        case .attemptSucceeded(let unit, let attempt): return settle(unit, attempt, as: .succeeded)
        case .attemptCancelled(let unit, let attempt): return settle(unit, attempt, as: .cancelled)
        case .attemptRefused(let unit, let attempt): return settle(unit, attempt, as: .failed)
        case .attemptFailed(let unit, let attempt):
            return retry(unit, attempt) { progress, node in
                progress.failures += 1
                return progress.failures <= node.retries
            }
        case .attemptLost(let unit, let attempt):
            return retry(unit, attempt) { progress, node in
                progress.losses += 1
                return progress.losses <= node.policy.maximumLosses
            }
        }
    }

    // MARK: the execution

    private mutating func cancel() -> Bool {
        guard !isCancelling, !isOver else { return false }
        isCancelling = true
        for position in nodes.indices {
            if case .expanded = nodes[position].own.state {
                nodes[position].released = nodes[position].items.count
                for item in nodes[position].items.indices { abandon(Place(node: position, item: item)) }
            } else {
                abandon(Place(node: position, item: -1))
            }
        }
        return true
    }

    private mutating func abandon(_ place: Place) {
        let state = self[place].state
        if state == .waiting || state == .ready { end(place, as: .cancelled) }
    }

    private mutating func pause(_ isPaused: Bool) -> Bool {
        guard self.isPaused != isPaused, !isOver, !isCancelling else { return false }
        self.isPaused = isPaused
        return true
    }

    // MARK: questions

    /// A start needs no answer of the cache that was lost, but nothing starts before its condition and its list are known.
    private func isAsked(_ place: Place) -> Bool { self[place].questions.isDisjoint(with: [.condition, .items]) }

    /// - Parameter end: What the answer makes of the unit; nil lets it go on.
    private mutating func answer(_ unit: StepUnit, _ question: StepProgress.Questions, _ state: StepState?) -> Bool {
        guard let place = place(unit), self[place].state == .ready, self[place].questions.contains(question) else { return false }
        // Only the first question is being asked.
        guard question == .condition || !self[place].questions.contains(.condition) else { return false }
        self[place].questions.remove(question)
        changed.insert(place)
        if let state { end(place, as: state) } else { line.append(place) }
        return true
    }

    private mutating func expand(_ step: String, _ count: Int) -> Bool {
        guard let position = graph.positions[step], nodes[position].own.state == .ready, nodes[position].own.questions == .items,
            (0...FanOut.maximumItems).contains(count)
        else { return false }
        let place = Place(node: position, item: -1)
        self[place].questions = []
        guard count > 0 else {
            end(place, as: .succeeded)
            return true
        }
        move(place, to: .expanded)
        nodes[position].items = [StepProgress](repeating: StepProgress(questions: graph.nodes[position].itemQuestions), count: count)
        nodes[position].openItems = count
        for _ in 0..<min(count, graph.nodes[position].fanOutLimit ?? count) { releaseItem(of: position) }
        return true
    }

    mutating func releaseItem(of position: Int) {
        guard nodes[position].released < nodes[position].items.count else { return }
        let place = Place(node: position, item: nodes[position].released)
        nodes[position].released += 1
        move(place, to: .ready)
        line.append(place)
    }

    // MARK: attempts

    /// The unit's place when `attempt` is the one under way.
    private func current(_ unit: StepUnit, _ attempt: Int) -> Place? {
        guard let place = place(unit) else { return nil }
        let progress = self[place]
        switch progress.state {
        case .running(let running): return running == attempt ? place : nil
        // The word that it started was lost, but it was ours to start: the end says as much.
        case .ready: return attempt == progress.nextAttempt && progress.questions.isEmpty ? place : nil
        default: return nil
        }
    }

    private mutating func settle(_ unit: StepUnit, _ attempt: Int, as state: StepState) -> Bool {
        guard let place = current(unit, attempt) else { return false }
        self[place].attempts = attempt
        end(place, as: state)
        return true
    }

    private mutating func retry(_ unit: StepUnit, _ attempt: Int, _ mayRetry: (inout StepProgress, ExecutionGraph.Node) -> Bool) -> Bool {
        guard let place = current(unit, attempt) else { return false }
        let isAllowed = mayRetry(&self[place], graph.nodes[place.node])
        self[place].attempts = attempt
        guard isAllowed, !isCancelling else {
            end(place, as: isCancelling ? .cancelled : .failed)
            return true
        }
        move(place, to: .ready)
        line.append(place)
        return true
    }

    // MARK: ends

    mutating func move(_ place: Place, to state: StepState) {
        counts.move(graph.nodes[place.node].kind, isStep: place.item < 0, from: self[place].state, to: state)
        self[place].state = state
        changed.insert(place)
    }

    /// The unit has ended; so may the step it is a run of, and what waits for that may begin or be passed over.
    private mutating func end(_ place: Place, as state: StepState) {
        move(place, to: state)
        guard place.item >= 0 else { return letGo(behind: place.node) }
        nodes[place.node].openItems -= 1
        if nodes[place.node].openItems > 0 {
            if !isCancelling { releaseItem(of: place.node) }
            return
        }
        move(Place(node: place.node, item: -1), to: Self.outcome(of: nodes[place.node].items))
        letGo(behind: place.node)
    }

    static func outcome(of items: [StepProgress]) -> StepState {
        if items.contains(where: { $0.state == .failed }) { return .failed }
        if items.contains(where: { $0.state == .cancelled }) { return .cancelled }
        return items.allSatisfy { $0.state == .reused } ? .reused : .succeeded
    }

    /// Walks, not recurses: a chain may be ten thousand steps long.
    private mutating func letGo(behind position: Int) {
        var ended = [position]
        while let position = ended.popLast() {
            let state = nodes[position].own.state
            for edge in graph.dependents[position] {
                note(state, on: edge)
                settleNeeds(of: edge.dependent)
                if nodes[edge.dependent].own.state == .skipped || nodes[edge.dependent].own.state == .omitted,
                    nodes[edge.dependent].unmetNeeds >= 0
                {
                    // Once: from here on its needs change nothing.
                    nodes[edge.dependent].unmetNeeds = -1
                    ended.append(edge.dependent)
                }
            }
        }
    }

    /// A need of the edge's dependent ended in `state`.
    mutating func note(_ state: StepState, on edge: ExecutionGraph.Edge) {
        if nodes[edge.dependent].unmetNeeds > 0 { nodes[edge.dependent].unmetNeeds -= 1 }
        switch state {
        case .failed, .skipped, .cancelled: nodes[edge.dependent].hasFailedNeed = true
        case .omitted where edge.isBinding: nodes[edge.dependent].lacksBound = true
        default: break
        }
    }

    /// Lets a waiting step begin or passes it over, when what is known of its needs says so.
    mutating func settleNeeds(of position: Int) {
        let node = nodes[position]
        // While cancelling, what waits is cancelled, whatever became of its needs.
        guard node.own.state == .waiting, !isCancelling else { return }
        let place = Place(node: position, item: -1)
        switch graph.nodes[position].rule {
        case .afterSuccess where node.hasFailedNeed: move(place, to: .skipped)
        case _ where node.unmetNeeds > 0: break
        case .afterSuccess where node.lacksBound: move(place, to: .omitted)
        case .afterFailure where !node.hasFailedNeed: move(place, to: .omitted)
        default:
            move(place, to: .ready)
            line.append(place)
        }
    }
}
