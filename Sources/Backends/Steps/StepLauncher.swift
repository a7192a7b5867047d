// SPDX-License-Identifier: Apache-2.0

import CStepSupervisor
import Domain
import Foundation
import Synchronization

/// The process that starts supervisors for this one, and tells when one has ended.
///
/// It is this binary, started once with nothing but a socket and turned into a launcher before `main` (`CStepSupervisor`). It has one thread
/// and few pages of its own, so that a supervisor is a cheap fork of it, which a fork of the server would not be. It ends with the server;
/// supervisors do not. When it ends by itself, the next attempt starts another.
final class StepLauncher: Sendable {
    static let shared = StepLauncher()

    private struct State {
        var channel: Int32?
        var lastSerial: UInt64 = 0
        var watches: [UInt64: AttemptWatch] = [:]
    }

    private let state = Mutex(State())

    /// Starts the supervisor of `attempt`, to which the lock passes; the caller's own descriptor can be closed then.
    func launch(_ launch: AttemptLaunch, lock: Int32, watch: AttemptWatch) throws(Problem) {
        let problem = state.withLock { state -> Problem? in
            state.lastSerial += 1
            let serial = state.lastSerial
            state.watches[serial] = watch
            var failure: Int32 = 0
            // Twice: the launcher may have died since the last attempt.
            for _ in 0..<2 {
                switch channel(&state) {
                case .failure(let problem):
                    state.watches[serial] = nil
                    return problem
                case .success(let channel):
                    failure = launch.send(to: channel, serial: serial, lock: lock)
                    guard failure != 0 else { return nil }
                    // The thread that reads it closes it.
                    shutdown(channel, Int32(SHUT_RDWR))
                    state.channel = nil
                }
            }
            state.watches[serial] = nil
            return Self.unavailable(-failure)
        }
        if let problem { throw problem }
    }

    private func channel(_ state: inout State) -> Result<Int32, Problem> {
        if let channel = state.channel { return .success(channel) }
        var channel: Int32 = -1
        let launcher = step_launcher_start(&channel)
        guard launcher > 0 else { return .failure(Self.unavailable(-launcher)) }
        // The launcher's first word: that it is one.
        var greeting = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
        var serial: UInt64 = 1
        guard poll(&greeting, 1, 60_000) == 1, read(channel, &serial, 8) == 8, serial == 0 else {
            kill(launcher, SIGKILL)
            waitpid(launcher, nil, 0)
            close(channel)
            return .failure(Self.unavailable(EIO))
        }
        ControlGroups.bound(launcher)
        state.channel = channel
        Thread.detachNewThread { [self, channel] in listen(to: channel, launcher: launcher) }
        return .success(channel)
    }

    private func listen(to channel: Int32, launcher: pid_t) {
        var serials = [UInt64](repeating: 0, count: 512)
        while true {
            let count = serials.withUnsafeMutableBytes { read(channel, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            let ended = state.withLock { state in serials[..<(count / 8)].compactMap { state.watches.removeValue(forKey: $0) } }
            for watch in ended { watch.finish() }
        }
        // Who waits looks for the attempts themselves now, and finds those that run as a restarted server does.
        let rest = state.withLock { state in
            if state.channel == channel { state.channel = nil }
            defer { state.watches = [:] }
            return state.watches.values.map { $0 }
        }
        close(channel)
        waitpid(launcher, nil, 0)
        for watch in rest { watch.finish() }
    }

    private static func unavailable(_ reason: Int32) -> Problem {
        Problem(
            .unavailable, "steps.launcher.unavailable", "The step could not be started.", why: String(cString: strerror(reason)),
            fix: "Look at the machine's limits on processes, open files and memory, and that /proc is there.")
    }
}
