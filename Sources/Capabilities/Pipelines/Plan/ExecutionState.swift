// SPDX-License-Identifier: Apache-2.0

/// Where one execution of a pipeline is: a value that events change and that says what to do next.
///
/// Pure: no clock, no randomness, nothing outside. Events may come twice, late or not at all: `apply` ignores what no longer matters, and
/// `nextActions` says everything that is to be done or watched now, so an engine that lost its memory begins there again. An engine that
/// keeps the value asks `takeReady` instead, which costs O(1) an action however many steps there are.
package struct ExecutionState: Sendable, Equatable {
    /// One step's own progress and that of its elements' runs.
    struct Node: Sendable, Equatable {
        var own: StepProgress
        var items: [StepProgress] = []
        /// Elements' runs that have been let go.
        var released = 0
        var openItems = 0
        var unmetNeeds: Int
        var hasFailedNeed = false
        var lacksBound = false
    }

    let graph: ExecutionGraph
    /// In the plan's order: a step stands after all it needs.
    var nodes: [Node]
    /// From then on nothing is started.
    package internal(set) var isCancelling = false
    package internal(set) var isPaused = false
    package internal(set) var isTimedOut = false
    var counts: StateCounts
    /// Units that have something to be done, oldest first; those before `taken` are dealt with.
    var line: [Place] = []
    var taken = 0
    var changed: Set<Place> = []

    /// A unit by its node's position; `item` is -1 for the step itself.
    struct Place: Sendable, Hashable {
        var node: Int
        var item: Int
    }

    /// - Parameter asksAll: In an execution that goes on from another, whose results may stand for steps of every kind.
    package init(_ plan: ExecutionPlan, asksAll: Bool = false) {
        graph = ExecutionGraph(plan, asksAll: asksAll)
        nodes = graph.nodes.map { Node(own: StepProgress(questions: $0.questions), unmetNeeds: $0.needs) }
        counts = StateCounts(open: graph.nodes.count)
        for position in nodes.indices where nodes[position].unmetNeeds == 0 { settleNeeds(of: position) }
        changed = []
    }

    // MARK: looking

    package subscript(unit: StepUnit) -> StepProgress? {
        guard let place = place(unit) else { return nil }
        return place.item < 0 ? nodes[place.node].own : nodes[place.node].items[place.item]
    }

    /// Names of the steps in the plan's order.
    package var steps: [String] { graph.nodes.map(\.name) }

    /// Of an expanded step's runs, those in each state; nil for a step without `forEach` or before its list is known.
    package func itemCounts(of step: String) -> [String: Int]? {
        guard let position = graph.positions[step], !nodes[position].items.isEmpty else { return nil }
        return nodes[position].items.reduce(into: [:]) { $0[$1.state.word, default: 0] += 1 }
    }

    package func itemCount(of step: String) -> Int { graph.positions[step].map { nodes[$0].items.count } ?? 0 }

    /// O(1).
    package var status: ExecutionStatus {
        guard counts.open == 0 else {
            if isPaused && !isCancelling { return .paused }
            return counts.activeApprovals > 0 && counts.activeWork == 0 && !isCancelling ? .waitingForApproval : .running
        }
        if isTimedOut || counts.failed > 0 { return .failed }
        return counts.cancelled > 0 ? .cancelled : .succeeded
    }

    package var isOver: Bool { counts.open == 0 }

    /// Everything to do or to go on watching now, in the plan's order. Asking twice gives the same; doing an action twice must be the
    /// same as once (attempts have ids made of execution, unit and number). O(units).
    package func nextActions() -> [ExecutionAction] {
        if isOver { return [.finish(status)] }
        var actions: [ExecutionAction] = []
        for position in nodes.indices {
            if let action = action(at: Place(node: position, item: -1)) { actions.append(action) }
            if case .expanded = nodes[position].own.state {
                for item in 0..<nodes[position].released {
                    if let action = action(at: Place(node: position, item: item)) { actions.append(action) }
                }
            }
        }
        return actions
    }

    /// What is to be begun, each once: an action is not given again until an event has made it due again. O(1) an action.
    package mutating func takeReady(limit: Int) -> [ExecutionAction] {
        guard !isPaused, !isCancelling else { return [] }
        var actions: [ExecutionAction] = []
        while actions.count < limit, taken < line.count {
            let place = line[taken]
            taken += 1
            if self[place].state == .ready, let action = action(at: place) { actions.append(action) }
        }
        if taken == line.count {
            line.removeAll(keepingCapacity: true)
            taken = 0
        }
        return actions
    }

    /// Units whose progress is not what it was at the last call, but for those of which there is nothing to remember.
    package mutating func takeChanged() -> [(unit: StepUnit, progress: StepProgress)] {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.compactMap { place in self[place].isFresh ? nil : (unit(at: place), self[place]) }
    }

    func action(at place: Place) -> ExecutionAction? {
        let progress = self[place]
        let unit = unit(at: place)
        switch progress.state {
        case .ready where isPaused: return nil
        case .ready where progress.questions.contains(.condition): return .decide(step: unit.step)
        case .ready where progress.questions.contains(.items): return .expand(step: unit.step)
        case .ready where progress.questions.contains(.cache): return .resolveCache(unit)
        case .ready: return .start(unit, attempt: progress.nextAttempt, unsuccessful: progress.failures + progress.losses)
        case .running(let attempt): return isCancelling ? .stop(unit, attempt: attempt) : .watch(unit, attempt: attempt)
        default: return nil
        }
    }

    func place(_ unit: StepUnit) -> Place? {
        guard let node = graph.positions[unit.step] else { return nil }
        guard let item = unit.item else { return Place(node: node, item: -1) }
        return nodes[node].items.indices.contains(item) ? Place(node: node, item: item) : nil
    }

    func unit(at place: Place) -> StepUnit {
        StepUnit(graph.nodes[place.node].name, item: place.item < 0 ? nil : place.item)
    }

    subscript(place: Place) -> StepProgress {
        get { place.item < 0 ? nodes[place.node].own : nodes[place.node].items[place.item] }
        set {
            if place.item < 0 { nodes[place.node].own = newValue } else { nodes[place.node].items[place.item] = newValue }
        }
    }
}

/// Kept beside the units, so that the status needs no walk over them.
struct StateCounts: Sendable, Equatable {
    /// Steps that have not ended.
    var open: Int
    var failed = 0
    var cancelled = 0
    /// Units that are ready or running: approvals, and all else.
    var activeApprovals = 0
    var activeWork = 0

    mutating func move(_ kind: StepSpecification.Kind, isStep: Bool, from old: StepState, to new: StepState) {
        let change = (new.isActive ? 1 : 0) - (old.isActive ? 1 : 0)
        if kind == .approval { activeApprovals += change } else { activeWork += change }
        guard isStep, new.isFinal, !old.isFinal else { return }
        open -= 1
        if new == .failed { failed += 1 }
        if new == .cancelled { cancelled += 1 }
    }
}

extension StepState {
    fileprivate var isActive: Bool {
        switch self {
        case .ready, .running: true
        default: false
        }
    }
}
