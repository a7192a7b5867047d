// SPDX-License-Identifier: Apache-2.0

import CTaskThreads
import NIOCore
import NIOPosix
import Synchronization

/// The threads that a server's tasks run on: those of its event loops, instead of a second pool beside them.
///
/// A short request is read, answered and written on one thread; with two pools it changes threads four times, which costs several times
/// what the request itself does. See `docs/decisions/0005-tasks-run-on-event-loops.md`.
enum ServerThreads {
    private static let isInstalled = Atomic<Bool>(false)

    /// Whether tasks run on the event loops.
    static var areEventLoops: Bool { isInstalled.load(ordering: .relaxed) }

    /// To be called once, at the very start, on the main thread. Where the runtime does not allow it, Swift's own pool goes on as before.
    static func install() {
        // The loops start here, while this is the only thread.
        _ = MultiThreadedEventLoopGroup.singleton.any()
        let isInstalled = dhow_hand_tasks_to { job in
            // From a loop's own thread, `any()` is that loop.
            MultiThreadedEventLoopGroup.singleton.any().enqueue(ExecutorJob(unsafeBitCast(job, to: UnownedJob.self)))
        }
        Self.isInstalled.store(isInstalled, ordering: .relaxed)
    }
}
