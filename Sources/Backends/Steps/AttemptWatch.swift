// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization

/// The end of one supervisor, waited for by any number of tasks.
final class AttemptWatch: Sendable {
    private struct State {
        var hasEnded = false
        var lastWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
    }

    private static let queue = DispatchQueue(label: "dhow.steps", qos: .userInitiated)

    private let state = Mutex(State())
    private let whenEnded: @Sendable () -> Void

    /// - Parameter whenEnded: Called once, before anyone who waits is resumed.
    init(whenEnded: @escaping @Sendable () -> Void) {
        self.whenEnded = whenEnded
    }

    /// Watches a supervisor by its pidfd, which belongs to the watch from now on. For adopted attempts: of its own, the launcher tells.
    func watch(_ descriptor: Int32) {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: Self.queue)
        source.setCancelHandler { close(descriptor) }
        // The handler holds the source and the watch until the source is cancelled.
        source.setEventHandler { [self] in
            source.cancel()
            finish()
        }
        source.resume()
    }

    func finish() {
        whenEnded()
        let waiters = state.withLock { state in
            state.hasEnded = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// Returns when the supervisor has ended.
    func ended() async throws {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    if !state.hasEnded { state.waiters[id] = continuation }
                    return state.hasEnded
                }
                if isOver { continuation.resume() } else if Task.isCancelled { abandon(id) }
            }
        } onCancel: {
            abandon(id)
        }
    }

    private func abandon(_ waiter: Int) {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume(throwing: CancellationError())
    }
}
