// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How many command attempts of this worker run at a time. Executions that find no room are told when there may be some, in turn.
final class StepSlots: Sendable {
    private struct State {
        var running: Set<String> = []
        /// Executions that wait for room, in the order they came, and how to tell them.
        var line: [(execution: String, tell: @Sendable () -> Void)] = []
    }

    private let width: Int
    private let state = Mutex(State())

    init(width: Int) {
        self.width = max(1, width)
    }

    /// Whether the attempt may run now. When not, `tell` is called when it is this execution's turn to ask again; whoever is told and needs no
    /// room any more calls `leave`.
    func occupy(_ attempt: String, of execution: String, _ tell: @escaping @Sendable () -> Void) -> Bool {
        let (isFree, next) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            // Who comes while others wait goes behind them.
            let isFirst = state.line.first.map { $0.execution == execution } ?? true
            guard state.running.contains(attempt) || (state.running.count < width && isFirst) else {
                if !state.line.contains(where: { $0.execution == execution }) { state.line.append((execution, tell)) }
                return (false, nil)
            }
            state.running.insert(attempt)
            if state.line.first?.execution == execution { state.line.removeFirst() }
            return (true, state.running.count < width ? state.line.first?.tell : nil)
        }
        next?()
        return isFree
    }

    /// Counts an attempt that runs already, whether there is room or not.
    func adopt(_ attempt: String) {
        state.withLock { _ = $0.running.insert(attempt) }
    }

    func vacate(_ attempts: [String]) {
        let next = state.withLock { state in
            for attempt in attempts { state.running.remove(attempt) }
            return state.running.count < width ? state.line.first?.tell : nil
        }
        next?()
    }

    /// The execution needs no more room: the next one may have its turn.
    func leave(_ execution: String) {
        let next = state.withLock { state in
            guard let place = state.line.firstIndex(where: { $0.execution == execution }) else { return nil as (@Sendable () -> Void)? }
            state.line.remove(at: place)
            return state.running.count < width ? state.line.first?.tell : nil
        }
        next?()
    }
}
