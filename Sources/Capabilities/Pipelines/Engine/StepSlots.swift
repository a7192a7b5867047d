// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// How many command attempts of this worker run at a time; who comes later waits in line.
final class StepSlots: Sendable {
    private struct State {
        var running: Set<String> = []
        var line: [(id: UUID, attempt: String, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let width: Int
    private let state = Mutex(State())

    init(width: Int) {
        self.width = max(1, width)
    }

    /// Returns when the attempt may run.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits.
    func occupy(_ attempt: String) async throws {
        let id = UUID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isFree = state.withLock { state in
                    if state.running.count < width || state.running.contains(attempt) {
                        state.running.insert(attempt)
                        return true
                    }
                    state.line.append((id, attempt, continuation))
                    return false
                }
                if isFree { continuation.resume() } else if Task.isCancelled { leave(id) }
            }
        } onCancel: {
            leave(id)
        }
    }

    /// Counts an attempt that runs already, whether there is room or not.
    func adopt(_ attempt: String) {
        state.withLock { _ = $0.running.insert(attempt) }
    }

    func vacate(_ attempt: String) {
        vacate(where: { $0 == attempt })
    }

    /// All attempts of an execution.
    func vacate(of execution: String) {
        vacate(where: { $0.hasPrefix(execution + "-") })
    }

    private func vacate(where isOver: (String) -> Bool) {
        let next = state.withLock { state in
            state.running = state.running.filter { !isOver($0) }
            let free = max(0, width - state.running.count)
            let next = state.line.prefix(free)
            state.line.removeFirst(next.count)
            state.running.formUnion(next.map(\.attempt))
            return next.map(\.continuation)
        }
        next.forEach { $0.resume() }
    }

    private func leave(_ id: UUID) {
        let continuation = state.withLock { state in
            state.line.firstIndex { $0.id == id }.map { state.line.remove(at: $0).continuation }
        }
        continuation?.resume(throwing: CancellationError())
    }
}
