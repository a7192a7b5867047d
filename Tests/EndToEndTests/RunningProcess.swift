// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A child process whose output is kept and can be waited for.
///
/// Not Foundation's `Process`, whose notices of output and end do not all arrive once a test has hundreds of descriptors open.
final class RunningProcess: Sendable {
    private struct State {
        var identifier: Int32 = 0
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var openPipes = 2
        /// As a shell says it: the exit status, or 128 and the signal.
        var status: Int32?
        var lines: [(text: String, continuation: CheckedContinuation<String?, Never>)] = []
        var ending: [CheckedContinuation<Void, Never>] = []
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    /// Held from making pipes until they are marked, so that no other child inherits an end and keeps it open.
    private static let starting = Mutex(())

    private let command: [String]
    private let environment: [String]
    private let state = Mutex(State())

    init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) {
        command = [executable.path] + arguments
        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, last in last }
        self.environment = variables.map { "\($0.key)=\($0.value)" }
    }

    var identifier: Int32 { state.withLock { $0.identifier } }

    func start() throws {
        let (output, errors) = try Self.starting.withLock { _ in
            let (output, errors) = (try Self.pipe(), try Self.pipe())
            defer {
                close(output.writing)
                close(errors.writing)
            }
            let identifier = try spawn(output: output.writing, errors: errors.writing)
            state.withLock { $0.identifier = identifier }
            return (output, errors)
        }
        // Reading and waiting block, so each has a thread, which ends with the process.
        Thread.detachNewThread { self.read(output.reading, isOutput: true) }
        Thread.detachNewThread { self.read(errors.reading, isOutput: false) }
        Thread.detachNewThread { self.reap() }
    }

    /// The first whole line of standard output that contains `text`; nil when the output ends without one.
    func line(containing text: String) async -> String? {
        await withCheckedContinuation { continuation in
            let found: String?? = state.withLock { state in
                if let line = Self.line(text, in: state.output) { return .some(line) }
                if state.openPipes == 0 { return .some(nil) }
                state.lines.append((text, continuation))
                return nil
            }
            if let found { continuation.resume(returning: found) }
        }
    }

    func errors() -> String { state.withLock { String(decoding: $0.errors, as: UTF8.self) } }
    func output() -> String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }

    /// Sends the signal unless the process has ended, and waits until it has.
    @discardableResult
    func end(signal: Int32) async -> Int32 {
        // Under the lock that also guards reaping, so that the identifier is still this process's.
        state.withLock { if $0.status == nil, $0.identifier > 0 { _ = kill($0.identifier, signal) } }
        return await status()
    }

    /// The exit status, once the process has ended.
    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if state.status == nil { state.ending.append(continuation) }
                return state.status != nil
            }
            if hasEnded { continuation.resume() }
        }
        return state.withLock { $0.status ?? 0 }
    }

    /// Waits until nothing writes to its output and errors any more, so that both are complete.
    func outputEnd() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if state.openPipes > 0 { state.closing.append(continuation) }
                return state.openPipes == 0
            }
            if isClosed { continuation.resume() }
        }
    }

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard Foundation.pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private func spawn(output: Int32, errors: Int32) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let arguments = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var identifier: Int32 = 0
        let result = posix_spawn(&identifier, command[0], &actions, &attributes, arguments, variables)
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EIO) }
        return identifier
    }

    private func read(_ descriptor: Int32, isOutput: Bool) {
        defer { close(descriptor) }
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Foundation.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            take(piece[..<count], isOutput: isOutput)
        }
        let (lines, closing) = state.withLock { state in
            state.openPipes -= 1
            guard state.openPipes == 0 else { return ([CheckedContinuation<String?, Never>](), [CheckedContinuation<Void, Never>]()) }
            defer { (state.lines, state.closing) = ([], []) }
            return (state.lines.map(\.continuation), state.closing)
        }
        for continuation in lines { continuation.resume(returning: nil) }
        for continuation in closing { continuation.resume() }
    }

    private func take(_ bytes: ArraySlice<UInt8>, isOutput: Bool) {
        let ready: [(String, CheckedContinuation<String?, Never>)] = state.withLock { state in
            if isOutput { state.output += bytes } else { state.errors += bytes }
            guard isOutput else { return [] }
            let found = state.lines.compactMap { waiting in Self.line(waiting.text, in: state.output).map { ($0, waiting.continuation) } }
            let output = state.output
            state.lines.removeAll { Self.line($0.text, in: output) != nil }
            return found
        }
        for (line, continuation) in ready { continuation.resume(returning: line) }
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        let waiting = state.withLock { state in
            var status: Int32 = 0
            while waitpid(state.identifier, &status, 0) == -1, errno == EINTR {}
            let signal = status & 0x7F
            state.status = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
            defer { state.ending = [] }
            return state.ending
        }
        for continuation in waiting { continuation.resume() }
    }

    /// A whole line, ended by a newline.
    private static func line(_ text: String, in output: [UInt8]) -> String? {
        String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .first { $0.contains(text) }.map(String.init)
    }
}
