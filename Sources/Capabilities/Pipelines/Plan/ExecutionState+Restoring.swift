// SPDX-License-Identifier: Apache-2.0

/// The state as it was, from what was saved of it.
extension ExecutionState {
    /// What was saved of a unit that has moved.
    package struct Saved: Sendable {
        package var unit: StepUnit
        package var progress: StepProgress

        package init(_ unit: StepUnit, _ progress: StepProgress) {
            self.unit = unit
            self.progress = progress
        }
    }

    /// - Parameter itemCounts: By step, how many elements its list has, when that was known.
    package init(
        _ plan: ExecutionPlan, asksAll: Bool, saved: [Saved], itemCounts: [String: Int], isCancelling: Bool, isPaused: Bool,
        isTimedOut: Bool
    ) {
        self.init(plan, asksAll: asksAll)
        (self.isCancelling, self.isPaused, self.isTimedOut) = (isCancelling, isPaused, isTimedOut)
        (line, taken) = ([], 0)
        for position in nodes.indices { move(Place(node: position, item: -1), to: .waiting) }
        for (step, count) in itemCounts {
            guard let position = graph.positions[step] else { continue }
            let fresh = StepProgress(questions: graph.nodes[position].itemQuestions)
            nodes[position].items = [StepProgress](repeating: fresh, count: count)
            nodes[position].openItems = count
        }
        for entry in saved {
            guard let place = place(entry.unit) else { continue }
            move(place, to: entry.progress.state)
            self[place] = entry.progress
            if place.item >= 0 {
                nodes[place.node].released = max(nodes[place.node].released, place.item + 1)
                if entry.progress.state.isFinal { nodes[place.node].openItems -= 1 }
            }
        }
        settleAll()
        changed = []
    }

    /// In the plan's order, so that a step's needs are settled before it.
    private mutating func settleAll() {
        for position in nodes.indices {
            let place = Place(node: position, item: -1)
            if nodes[position].own.state == .ready { line.append(place) }
            settleNeeds(of: position)
            let state = nodes[position].own.state
            if state.isFinal {
                for edge in graph.dependents[position] { note(state, on: edge) }
                nodes[position].unmetNeeds = min(nodes[position].unmetNeeds, state == .skipped || state == .omitted ? -1 : 0)
            }
            guard state == .expanded else { continue }
            for item in 0..<nodes[position].released {
                let place = Place(node: position, item: item)
                if self[place].state == .waiting { move(place, to: .ready) }
                if self[place].state == .ready { line.append(place) }
            }
            let open = nodes[position].items[..<nodes[position].released].count { !$0.state.isFinal }
            for _ in open..<max(open, graph.nodes[position].fanOutLimit ?? nodes[position].items.count) { releaseItem(of: position) }
        }
    }
}
