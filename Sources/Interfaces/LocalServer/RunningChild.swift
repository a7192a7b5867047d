// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Synchronization

/// A started process in a group of its own: its output, its end, and its processor time.
///
/// Not Foundation's `Process`: a child of that one inherits the signals this process ignores because it traps them, and its children would
/// ignore SIGTERM in turn.
final class RunningChild: Sendable {
    private struct State {
        var isEnding = false
        /// As a shell says it: the exit status, or 128 and the signal.
        var status: Int32?
        var time = ProcessorTime(own: 0, children: 0)
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let output: ChildOutput
    let identifier: Int32
    private let reading: FileHandle
    private let isRead = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    private init(output: ChildOutput, identifier: Int32, reading: FileHandle) {
        self.output = output
        self.reading = reading
        self.identifier = identifier
    }

    /// - Parameter log: Made anew with mode 0600; takes both outputs.
    static func start(_ program: URL, arguments: [String], environment: [String: String], log: URL) throws -> RunningChild {
        try FileManager.default.createDirectory(at: log.deletingLastPathComponent(), withIntermediateDirectories: true)
        let descriptor = open(log.path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Problem(
                .unavailable, "client.server.log.unwritable", "'\(log.path)' cannot be written.", why: String(cString: strerror(errno)))
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let output = ChildOutput(log: file)
        let pipe = Pipe()
        let environment = ProcessInfo.processInfo.environment.merging(environment) { _, given in given }
        let identifier = try Spawn(program: program.path, arguments: arguments, environment: environment)
            .start(output: pipe.fileHandleForWriting.fileDescriptor, errors: descriptor)
        try? pipe.fileHandleForWriting.close()
        let child = RunningChild(output: output, identifier: identifier, reading: pipe.fileHandleForReading)
        // Reading and waiting block, so each has a thread, which ends with the process.
        Thread.detachNewThread { child.read() }
        Thread.detachNewThread { child.reap() }
        return child
    }

    var hasEnded: Bool { status != nil }
    var isEnding: Bool { state.withLock { $0.isEnding } }
    var status: Int32? { state.withLock { $0.status } }

    var processorTime: ProcessorTime {
        state.withLock { state in
            if state.status == nil, let now = ProcessorTime(ofProcess: identifier) { state.time = now }
            return state.time
        }
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status != nil
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// SIGTERM, and SIGKILL when that is not enough; returns when the process has ended. Asking again is harmless.
    func end(within limit: Duration) async {
        state.withLock { $0.isEnding = true }
        send(SIGTERM)
        // A task of its own, so that a cancelled caller still gives the server its time to drain.
        let killer = Task.detached { [self] in
            try await Task.sleep(for: limit)
            send(SIGKILL)
        }
        await waitForEnd()
        killer.cancel()
    }

    /// Under the lock that also guards reaping, so that the identifier is still this process's.
    private func send(_ signal: Int32) {
        state.withLock { if $0.status == nil { _ = kill(identifier, signal) } }
    }

    private func read() {
        while case let data = reading.availableData, !data.isEmpty { output.take(data) }
        output.end()
        isRead.signal()
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        // Its last words may still be in the pipe; a child of its own that holds the pipe open is not waited for.
        _ = isRead.wait(timeout: .now() + .seconds(2))
        let waiting = state.withLock { state in
            // The ended process still has its line in /proc until it is waited for.
            // Its helpers may have ended before it.
            if let last = ProcessorTime(ofProcess: identifier) {
                state.time = ProcessorTime(own: max(last.own, state.time.own), children: max(last.children, state.time.children))
            }
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
            let signal = status & 0x7F
            state.status = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
            defer { state.waiting = [] }
            return state.waiting
        }
        output.end()
        for continuation in waiting { continuation.resume() }
    }
}
