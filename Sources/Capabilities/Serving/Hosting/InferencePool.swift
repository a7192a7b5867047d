// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Synchronization

/// Threads for model calls that are too long for an event loop, with a bounded queue before them.
package final class InferencePool: Sendable {
    /// Most calls that wait or run; one more is refused.
    package static let usualBound = 1_024

    private let queue: OperationQueue
    private let bound: Int
    private let calls = Atomic<Int>(0)

    /// Calls that wait or run.
    package var waiting: Int { calls.load(ordering: .relaxed) }

    package init(width: Int = ProcessInfo.processInfo.activeProcessorCount, bound: Int = InferencePool.usualBound) {
        queue = OperationQueue()
        queue.name = "inference"
        queue.maxConcurrentOperationCount = width
        self.bound = bound
    }

    /// - Throws: `Problem` `.exhausted` when the queue is full; `.unavailable` when the deadline passed while the call waited; what `body` throws.
    package func run<Result: Sendable>(
        until deadline: ContinuousClock.Instant? = nil, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await admitting {
            try await withCheckedThrowingContinuation { continuation in
                queue.addOperation {
                    if let deadline, ContinuousClock.now >= deadline {
                        continuation.resume(throwing: Deadline.passed)
                    } else {
                        continuation.resume(with: Swift.Result { try body() })
                    }
                }
            }
        }
    }

    /// Counts a call that reaches the threads by another way, with `perform`, among those that wait or run.
    ///
    /// - Throws: `Problem` `.exhausted` when the queue is full; what `body` throws.
    func admitting<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard calls.wrappingAdd(1, ordering: .relaxed).newValue <= bound else {
            calls.wrappingSubtract(1, ordering: .relaxed)
            throw Problem(
                .exhausted, "serving.queue.full", "Too many requests wait for a model.", why: "\(bound) wait already.",
                fix: "Send it again after the time in Retry-After.")
        }
        defer { calls.wrappingSubtract(1, ordering: .relaxed) }
        return try await body()
    }

    /// Runs `body` on one of the threads, for calls that have been admitted.
    func perform(_ body: @escaping @Sendable () -> Void) {
        queue.addOperation(body)
    }
}

/// A time by which an answer is of use.
enum Deadline {
    static let passed = Problem(
        .unavailable, "serving.deadline.passed", "The answer did not come in the time that the request or the endpoint gives it.",
        fix: "Give it more time, or send fewer rows.")

    /// What `body` gives, or `.unavailable` at the deadline; `body` is cancelled then.
    static func limit<Result: Sendable>(
        to deadline: ContinuousClock.Instant?, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard let deadline else { return try await body() }
        guard ContinuousClock.now < deadline else { throw passed }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(until: deadline)
                throw passed
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw passed }
            return result
        }
    }
}
