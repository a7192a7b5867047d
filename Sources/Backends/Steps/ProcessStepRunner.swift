// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation
import Synchronization

/// Runs attempts as processes of this machine, each under a supervisor of its own (`StepSupervisor`) that needs no server.
///
/// Killing the server with SIGKILL changes nothing for what runs: time limits hold, the end is recorded, and the next server (or a second
/// runner on the same folder) sees and waits for the same attempts. Linux only: it uses `/proc`, `flock` and pidfds. No privileges needed.
///
/// A status above 128 is read as death by a signal, as shells do: a program that exits with 137 by itself looks killed.
package final class ProcessStepRunner: StepRunner {
    /// Longest answer of `log`, in bytes.
    package static let maximumLogRead = 16 << 20

    private let folder: String
    private let logLimit: Int64
    private let clock: any WallClock
    private let watches = Mutex<[String: AttemptWatch]>([:])

    /// - Parameters:
    ///   - folder: Made when missing, readable by its owner only. One runner's attempts; several runners may share it.
    ///   - logLimit: Most bytes of output kept of an attempt; the step goes on when it writes more.
    package init(folder: String, logLimit: Int64 = 64 << 20, clock: any WallClock = SystemWallClock()) throws(Problem) {
        let made = Result {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        guard case .success = made, let absolute = realpath(folder, nil) else {
            throw Problem(
                .unavailable, "steps.folder.unwritable", "The folder of the step runner cannot be made.",
                fix: "Give Dhow the right to write in its data folder.")
        }
        defer { free(absolute) }
        self.folder = String(cString: absolute)
        self.logLimit = max(0, logLimit)
        self.clock = clock
    }

    package func submit(_ attempt: AttemptSpecification) async throws {
        try attempt.check()
        let folder = try AttemptFolder(of: attempt.attemptID, in: folder)
        guard !folder.exists else { return }
        var started: pid_t?
        let isOurs = try folder.claim { lock throws(Problem) in
            started = try StepSupervisor.start(attempt, in: folder, lock: lock)
        }
        guard isOurs, let started else { return }
        let pidfd = ProcessIdentity.openDescriptor(of: started)
        if watch(attempt.attemptID, in: folder, supervisor: started, descriptor: pidfd) == nil {
            // No pidfds here: a thread must reap our child.
            Thread.detachNewThread { waitpid(started, nil, 0) }
        }
    }

    package func state(of attemptID: String) async throws -> AttemptState {
        let folder = try AttemptFolder(of: attemptID, in: folder)
        guard folder.exists else { return .unknown }
        if let outcome = folder.outcome() { return outcome }
        if folder.isSupervised { return .running }
        // It may have ended between the two questions.
        if let outcome = folder.outcome() { return outcome }
        folder.settleLost()
        return .lost
    }

    package func wait(for attemptID: String) async throws -> AttemptState {
        var pause = Duration.milliseconds(5)
        while true {
            let state = try await state(of: attemptID)
            guard state == .running else { return state }
            if let watch = try adopt(attemptID) {
                try await watch.ended()
            } else {
                // Its supervisor has not yet written who it is, or the system has no pidfds.
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(200))
            }
        }
    }

    /// - Throws: `Problem` `.notFound` when the attempt is unknown here.
    package func log(of attemptID: String, from offset: Int64, limit: Int) async throws -> [UInt8] {
        let folder = try AttemptFolder(of: attemptID, in: folder)
        guard folder.exists else {
            throw Problem(
                .notFound, "steps.attempt.unknown", "The runner has no attempt '\(attemptID)'.",
                why: "It was never started here, or its record was removed.")
        }
        return log(in: folder).read(from: offset, count: min(limit, Self.maximumLogRead))
    }

    /// Cancelling an unknown attempt is no error either: there is nothing to stop.
    package func cancel(_ attemptID: String, grace: Duration) async throws {
        guard try await state(of: attemptID) == .running else { return }
        let folder = try AttemptFolder(of: attemptID, in: folder)
        // First the record, then the signal: a command that is only being started looks for the record before it begins.
        _ = folder.recordCancellation(deadline: clock.now() + grace)
        folder.command?.terminateGroup()
        kill(folder, after: grace)
    }

    /// - Throws: `Problem` `.conflict` while the attempt runs.
    package func forget(_ attemptID: String) async throws {
        let state = try await state(of: attemptID)
        guard state != .running else {
            throw Problem(
                .conflict, "steps.attempt.running", "Attempt '\(attemptID)' cannot be forgotten: it is running.",
                fix: "Cancel it and wait for its end first.")
        }
        try AttemptFolder(of: attemptID, in: folder).remove()
    }

    /// The watch of a running attempt; takes up a cancellation that an earlier server did not finish.
    private func adopt(_ attemptID: String) throws(Problem) -> AttemptWatch? {
        if let known = watches.withLock({ $0[attemptID] }) { return known }
        let folder = try AttemptFolder(of: attemptID, in: folder)
        guard let supervisor = folder.supervisor else { return nil }
        if let deadline = folder.cancellationDeadline() {
            folder.command?.terminateGroup()
            kill(folder, after: max(.zero, deadline - clock.now()))
        }
        return watch(attemptID, in: folder, supervisor: supervisor.processID, descriptor: supervisor.descriptor())
    }

    /// The attempt's one watch, made when there is none; takes `descriptor` over.
    private func watch(_ attemptID: String, in folder: AttemptFolder, supervisor: pid_t, descriptor: Int32?) -> AttemptWatch? {
        watches.withLock { watches in
            if let known = watches[attemptID] {
                if let descriptor { close(descriptor) }
                return known
            }
            guard let descriptor else { return nil }
            let watch = AttemptWatch(supervisor: supervisor, descriptor: descriptor, log: log(in: folder)) { [weak self] in
                // Processes that left the command's group but not its session.
                folder.command?.killSession()
                self?.watches.withLock { $0[attemptID] = nil }
            }
            watches[attemptID] = watch
            return watch
        }
    }

    private func kill(_ folder: AttemptFolder, after grace: Duration) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(clamping: grace.milliseconds))) {
            if folder.isSupervised { folder.command?.killSession() }
        }
    }

    private func log(in folder: AttemptFolder) -> StepLog {
        StepLog(path: folder.logPath, limit: logLimit)
    }
}
