// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Threads for blocking file work, so that a slow disk never stops the threads that run everything else.
final class FileExecutor: TaskExecutor {
    private let queue = OperationQueue()

    /// - Parameter width: Most jobs at a time, each on its own thread.
    init(width: Int) {
        queue.name = "dhow.blobs"
        queue.maxConcurrentOperationCount = width
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.addOperation { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    func run<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        try await withTaskExecutorPreference(self, operation: body)
    }
}
