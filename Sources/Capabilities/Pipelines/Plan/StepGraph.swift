// SPDX-License-Identifier: Apache-2.0

/// What needs what, by the places of steps in the document.
struct StepGraph {
    /// Of each step, what it needs: ascending, each once.
    let needs: [[Int]]

    /// Kahn's algorithm, always taking the ready step that comes first; short of those that wait for each other.
    ///
    /// In time proportional to needs, and to steps times the logarithm of how many are ready.
    func order() -> [Int] {
        var unmet = needs.map(\.count)
        var dependents = [[Int]](repeating: [], count: needs.count)
        for (position, needed) in needs.enumerated() {
            for need in needed { dependents[need].append(position) }
        }
        var ready = LowestFirst()
        for position in unmet.indices where unmet[position] == 0 { ready.insert(position) }
        var order: [Int] = []
        order.reserveCapacity(needs.count)
        while let next = ready.removeLowest() {
            order.append(next)
            for dependent in dependents[next] {
                unmet[dependent] -= 1
                if unmet[dependent] == 0 { ready.insert(dependent) }
            }
        }
        return order
    }

    /// A cycle among what `order` could not place, as a walk that ends where it began, following needs.
    func cycle(leftBy order: [Int]) -> [Int] {
        var isStuck = [Bool](repeating: true, count: needs.count)
        for position in order { isStuck[position] = false }
        guard var current = isStuck.firstIndex(of: true) else { return [] }
        var walk: [Int] = []
        var places: [Int: Int] = [:]
        while places[current] == nil {
            places[current] = walk.count
            walk.append(current)
            guard let next = needs[current].first(where: { isStuck[$0] }) else { return walk }
            current = next
        }
        return walk[(places[current] ?? 0)...] + [current]
    }
}

/// A heap of whole numbers that gives the lowest.
private struct LowestFirst {
    private var heap: [Int] = []

    mutating func insert(_ number: Int) {
        heap.append(number)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeLowest() -> Int? {
        guard let lowest = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return lowest }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] { least = child }
            guard least != parent else { return lowest }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
