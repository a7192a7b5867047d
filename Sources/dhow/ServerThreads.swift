// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// The threads that a server's tasks run on: those of its event loops, instead of a second pool beside them.
///
/// A short request is read, answered and written on one thread; with two pools it changes threads four times, which costs several times
/// what the request itself does. See `docs/decisions/0005-tasks-run-on-event-loops.md`.
enum ServerThreads {
    /// To be called once, at the very start, on the main thread. Where the runtime does not allow it, Swift's own pool goes on as before.
    static func install() {
        NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
    }
}
