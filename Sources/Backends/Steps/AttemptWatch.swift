// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization

/// Watches one supervisor until it ends: resumes who waits, reaps it when it is our child, and cuts the log meanwhile.
final class AttemptWatch: Sendable {
    private struct State {
        var hasEnded = false
        var waiters: [UUID: CheckedContinuation<Void, any Error>] = [:]
    }

    private static let queue = DispatchQueue(label: "dhow.steps", qos: .userInitiated)

    private let state = Mutex(State())

    /// - Parameter descriptor: A pidfd of the supervisor, owned by the watch from now on.
    /// - Parameter whenEnded: Called once, on the watch's queue, before anyone who waits is resumed.
    init(supervisor: pid_t, descriptor: Int32, log: StepLog, whenEnded: @escaping @Sendable () -> Void) {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: Self.queue)
        let timer = DispatchSource.makeTimerSource(queue: Self.queue)
        timer.schedule(deadline: .now() + 1, repeating: 1, leeway: .milliseconds(250))
        timer.setEventHandler { log.cut() }
        source.setCancelHandler { close(descriptor) }
        // The handler holds the sources and the watch until the source is cancelled.
        source.setEventHandler { [self] in
            // Not our child when it was adopted: then this fails and init reaps it.
            waitpid(supervisor, nil, WNOHANG)
            source.cancel()
            timer.cancel()
            log.cut()
            whenEnded()
            let waiters = state.withLock { state in
                state.hasEnded = true
                defer { state.waiters = [:] }
                return state.waiters.values.map { $0 }
            }
            waiters.forEach { $0.resume() }
        }
        timer.resume()
        source.resume()
    }

    /// Returns when the supervisor has ended.
    func ended() async throws {
        let id = UUID()
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

    private func abandon(_ waiter: UUID) {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume(throwing: CancellationError())
    }
}
