// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Tells when a file is written to, by the kernel's word (inotify) instead of looking again and again.
final class FileGrowth: Sendable {
    static let shared = FileGrowth()

    private struct State {
        /// Negative when this machine gives no more of them.
        var descriptor: Int32?
        var lastWaiter = 0
        /// By the kernel's number of the watch, then by waiter.
        var waiters: [Int32: [Int: CheckedContinuation<Bool, any Error>]] = [:]
    }

    private let state = Mutex(State())

    /// Returns after the next change of the file, at once when `isOver` holds, and in a fifth of a second where the kernel does not tell.
    func change(of path: String, unless isOver: @Sendable () -> Bool) async throws {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let isTold = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard wait(waiter, for: path, continuation) else { return continuation.resume(returning: false) }
                // Asked only now: what changes from here on is told.
                if isOver() { take(waiter)?.resume(returning: true) }
                if Task.isCancelled { take(waiter)?.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            take(waiter)?.resume(throwing: CancellationError())
        }
        if !isTold { try await Task.sleep(for: .milliseconds(200)) }
    }

    /// A watch tells once and is gone, so a file that grows quickly costs no more than one that does not.
    private func wait(_ waiter: Int, for path: String, _ continuation: CheckedContinuation<Bool, any Error>) -> Bool {
        state.withLock { state in
            let modified: UInt32 = 0x2
            let once: UInt32 = 0x8000_0000
            let watch = inotify_add_watch(descriptor(&state), path, modified | once)
            guard watch >= 0 else { return false }
            state.waiters[watch, default: [:]][waiter] = continuation
            return true
        }
    }

    private func take(_ waiter: Int) -> CheckedContinuation<Bool, any Error>? {
        state.withLock { state in
            for watch in state.waiters.keys {
                if let found = state.waiters[watch]?.removeValue(forKey: waiter) { return found }
            }
            return nil
        }
    }

    private func descriptor(_ state: inout State) -> Int32 {
        if let known = state.descriptor { return known }
        // IN_CLOEXEC is O_CLOEXEC.
        let descriptor = inotify_init1(O_CLOEXEC)
        state.descriptor = descriptor
        if descriptor >= 0 { Thread.detachNewThread { [self] in listen(to: descriptor) } }
        return descriptor
    }

    /// Reads events for as long as the process lives; the last one of a watch says that it is gone.
    private func listen(to descriptor: Int32) {
        let room = 64 << 10
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 8)
        while true {
            let count = read(descriptor, buffer, room)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            var offset = 0
            while offset + MemoryLayout<inotify_event>.size <= count {
                let event = buffer.load(fromByteOffset: offset, as: inotify_event.self)
                offset += MemoryLayout<inotify_event>.size + Int(event.len)
                let waiters = state.withLock { $0.waiters.removeValue(forKey: event.wd) } ?? [:]
                for waiter in waiters.values { waiter.resume(returning: true) }
            }
        }
    }
}
