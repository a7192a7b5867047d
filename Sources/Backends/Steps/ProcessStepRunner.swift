// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation
import Synchronization

/// Runs attempts as processes of this machine, each under a supervisor of its own (`CStepSupervisor`) that needs no server.
///
/// Killing the server with SIGKILL changes nothing for what runs: time limits hold, the end is recorded, and the next server (or a second
/// runner on the same folder) sees and waits for the same attempts. Linux only: it uses `/proc`, `flock` and pidfds. No privileges needed;
/// what control groups and bubblewrap add where they are, `docs/step-runner.md` says.
package final class ProcessStepRunner: StepRunner {
    /// Longest answer of `log`, in bytes.
    package static let maximumLogRead = 16 << 20

    /// Limits that hold for all processes of an attempt together, because the kernel's control groups keep them here.
    package static var limitsKeptByControlGroups: Set<AttemptLimit> {
        let places = ControlGroups.found?.places ?? [:]
        return Set([(ControlGroups.Controller.memory, AttemptLimit.memory), (.pids, .processes)].filter { places[$0.0] != nil }.map(\.1))
    }

    package static var hasSandbox: Bool { Sandbox.found != nil }

    private let folder: String
    private let spares: SpareFolders
    private let settings: StepRunnerSettings
    private let clock: any WallClock
    private let watches = Mutex<[String: AttemptWatch]>([:])

    /// - Parameter folder: Made when missing, readable by its owner only. One runner's attempts; several runners may share it.
    package init(
        folder: String, settings: StepRunnerSettings = StepRunnerSettings(), clock: any WallClock = SystemWallClock()
    ) throws(Problem) {
        let made = Result {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        guard case .success = made, let absolute = folder.resolved else {
            throw Problem(
                .unavailable, "steps.folder.unwritable", "The folder of the step runner cannot be made.",
                fix: "Give Dhow the right to write in its data folder.")
        }
        self.folder = absolute
        spares = SpareFolders(place: absolute + ".spare")
        self.settings = settings
        self.clock = clock
    }

    /// - Throws: `Problem` `.unavailable` `steps.sandbox.unavailable` for an attempt that must be sandboxed where nothing can do it.
    package func submit(_ attempt: AttemptSpecification) async throws {
        try attempt.check()
        let folder = try AttemptFolder(of: attempt.attemptID, in: folder)
        guard !folder.exists else { return }
        let wrapper = try wrapper(for: attempt)
        let limits = limits(of: attempt)
        let watch = AttemptWatch { [weak self] in self?.watches.withLock { $0[attempt.attemptID] = nil } }
        let launch = AttemptLaunch(attempt: attempt, folder: folder, logLimit: settings.logLimit, wrapper: wrapper, limits: limits)
        do {
            let isOurs = try folder.claim(gpus: attempt.resources.gpus ?? [], groups: limits.groups, spares: spares) {
                lock throws(Problem) in
                watches.withLock { $0[attempt.attemptID] = watch }
                try StepLauncher.shared.launch(launch, lock: lock, watch: watch)
            }
            if !isOurs { ControlGroups.end(limits.groups) }
        } catch {
            watch.finish()
            ControlGroups.end(limits.groups)
            throw error
        }
    }

    package func state(of attemptID: String) async throws -> AttemptState {
        let folder = try AttemptFolder(of: attemptID, in: folder)
        guard let (record, isSupervised) = folder.read() else { return .unknown }
        if let outcome = record.outcome { return outcome }
        if isSupervised { return .running }
        folder.settleLost(record)
        return .lost
    }

    package func wait(for attemptID: String) async throws -> AttemptState {
        var pause = Duration.milliseconds(5)
        if let known = watches.withLock({ $0[attemptID] }) { try await known.ended() }
        while true {
            let state = try await state(of: attemptID)
            guard state == .running else { return state }
            if let watch = try adopt(attemptID) {
                try await watch.ended()
            } else {
                // Its supervisor has not yet written who it is.
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(200))
            }
        }
    }

    package func end(of attemptID: String) async throws -> AttemptEnd? {
        try AttemptFolder(of: attemptID, in: folder).read()?.record.end
    }

    /// - Throws: `Problem` `.notFound` when the attempt is unknown here.
    package func log(of attemptID: String, from offset: Int64, limit: Int) async throws -> [UInt8] {
        try log(of: attemptID).read(from: offset, count: min(limit, Self.maximumLogRead))
    }

    /// - Throws: `Problem` `.notFound` when the attempt is unknown here.
    package func waitForLog(of attemptID: String, beyond offset: Int64) async throws {
        let log = try log(of: attemptID)
        while log.size() <= offset {
            guard try await state(of: attemptID) == .running else { return }
            guard let watch = try adopt(attemptID) else {
                try await Task.sleep(for: .milliseconds(100))
                continue
            }
            let isOver = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await watch.ended()
                    return true
                }
                group.addTask {
                    try await FileGrowth.shared.change(of: log.path) { log.size() > offset }
                    // What a chatty command writes within this time is told at once.
                    try await Task.sleep(for: .milliseconds(100))
                    return false
                }
                defer { group.cancelAll() }
                return try await group.next() ?? true
            }
            if isOver { return }
        }
    }

    /// Cancelling an unknown attempt is no error either: there is nothing to stop.
    package func cancel(_ attemptID: String, grace: Duration) async throws {
        guard try await state(of: attemptID) == .running else { return }
        try AttemptFolder(of: attemptID, in: folder).cancel(deadline: clock.now() + max(.zero, grace))
    }

    /// - Throws: `Problem` `.conflict` while the attempt runs.
    package func forget(_ attemptID: String) async throws {
        switch try await state(of: attemptID) {
        case .unknown: return
        case .running:
            throw Problem(
                .conflict, "steps.attempt.running", "Attempt '\(attemptID)' cannot be forgotten: it is running.",
                fix: "Cancel it and wait for its end first.")
        default: try AttemptFolder(of: attemptID, in: folder).remove(to: spares)
        }
    }

    /// The graphics cards that running attempts of this folder hold, by attempt; for `GPUSlots` after a restart.
    package func heldGPUs() async throws -> [String: [Int]] {
        var held: [String: [Int]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where !name.hasPrefix(".") {
            guard let (record, isSupervised) = try? AttemptFolder(of: name, in: folder).read(), isSupervised else { continue }
            if !record.gpus.isEmpty { held[name] = record.gpus }
        }
        return held
    }

    private func log(of attemptID: String) throws(Problem) -> StepLog {
        let folder = try AttemptFolder(of: attemptID, in: folder)
        guard folder.exists else {
            throw Problem(
                .notFound, "steps.attempt.unknown", "The runner has no attempt '\(attemptID)'.",
                why: "It was never started here, or its record was removed.")
        }
        return StepLog(path: folder.logPath, limit: settings.logLimit)
    }

    private func wrapper(for attempt: AttemptSpecification) throws(Problem) -> [String] {
        guard case .sandbox(let isRequired, let hasNetwork) = attempt.isolation else { return [] }
        guard settings.usesSandbox, let sandbox = Sandbox.found else {
            guard isRequired else { return [] }
            throw Problem(
                .unavailable, "steps.sandbox.unavailable", "The step must run in a sandbox, and this machine has none.",
                why: "Bubblewrap (bwrap) is missing, older than 0.7, or may not make namespaces here.",
                fix: "Install it (Debian: apt-get install bubblewrap) and allow user namespaces, or do not require the sandbox.")
        }
        let hidden = (settings.hiddenFolders + [folder]).compactMap(\.resolved)
        return sandbox.wrapper(for: attempt, hasNetwork: hasNetwork, hiding: hidden)
    }

    private func limits(of attempt: AttemptSpecification) -> AttemptLimits {
        let resources = attempt.resources
        guard resources.memoryBytes != nil || resources.processes != nil || resources.cpuMilli != nil else { return AttemptLimits() }
        guard settings.usesControlGroups, let groups = ControlGroups.found else { return ControlGroups.processLimits(resources) }
        return groups.make(for: attempt.attemptID, resources)
    }

    /// The watch of a running attempt that was started by another server; takes up a cancellation that it did not finish.
    private func adopt(_ attemptID: String) throws(Problem) -> AttemptWatch? {
        if let known = watches.withLock({ $0[attemptID] }) { return known }
        let folder = try AttemptFolder(of: attemptID, in: folder)
        guard let descriptor = folder.supervisorDescriptor() else { return nil }
        folder.remindOfCancellation()
        return watches.withLock { watches in
            if let known = watches[attemptID] {
                close(descriptor)
                return known
            }
            let watch = AttemptWatch { [weak self] in self?.watches.withLock { $0[attemptID] = nil } }
            watch.watch(descriptor)
            watches[attemptID] = watch
            return watch
        }
    }
}
