// SPDX-License-Identifier: Apache-2.0

import CStepSupervisor
import Domain
import Foundation

/// What is kept on disk of one attempt: the folder `<runner's folder>/<attempt id>`.
///
/// | file | holds | written by |
/// |---|---|---|
/// | `record` | see `AttemptRecord`; locked (flock) for as long as the supervisor lives | runner, supervisor |
/// | `log` | standard output and error of the command | command |
/// | `cancel` | `DEADLINE`, milliseconds UTC of the SIGKILL | runner |
struct AttemptFolder {
    let path: String

    init(of attemptID: String, in folder: String) throws(Problem) {
        try ResourceName.check(attemptID, of: "attempt")
        path = "\(folder)/\(attemptID)"
    }

    var exists: Bool { access(path, F_OK) == 0 }
    var logPath: String { path + "/log" }
    private var recordPath: String { path + "/record" }

    /// The identifier of the machine's boot.
    static let boot = FileBytes.read("/proc/sys/kernel/random/boot_id", limit: 64).map {
        String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Claims the attempt: true for exactly one caller among all processes. `body` gets the lock, which it may pass on.
    ///
    /// The folder appears under its name only when the lock is held, so nobody takes an attempt being started for a lost one.
    func claim(
        gpus: [Int], groups: [String], spares: SpareFolders, _ body: (_ lock: Int32) throws(Problem) -> Void
    ) throws(Problem) -> Bool {
        let draft = path.replacingLastComponent(with: ".new-\(Self.unique())")
        let beginning = AttemptRecord.beginning(boot: Self.boot ?? "", gpus: gpus, groups: groups)
        var lock: Int32 = spares.take(to: draft) ? Self.begin(draft, beginning) : -1
        if lock < 0 {
            // There was no spare folder, or it is not what it was.
            Self.remove(draft)
            guard mkdir(draft, 0o700) == 0 else { throw Self.unwritable(draft) }
            lock = Self.begin(draft, beginning)
        }
        guard lock >= 0 else {
            let problem = Self.unwritable(draft)
            Self.remove(draft)
            throw problem
        }
        defer { close(lock) }
        guard rename(draft, path) == 0 else {
            let reason = errno
            Self.remove(draft)
            guard reason == EEXIST || reason == ENOTEMPTY else { throw Self.unwritable(path) }
            return false
        }
        do {
            try body(lock)
        } catch {
            Self.remove(path)
            throw error
        }
        return true
    }

    /// Makes record and log, empty whatever was there, and gives the lock; -1 when that cannot be.
    private static func begin(_ draft: String, _ beginning: String) -> Int32 {
        let flags = O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW
        let lock = open(draft + "/record", flags | O_RDWR, 0o600)
        let log = open(draft + "/log", flags | O_WRONLY, 0o600)
        if log >= 0 { close(log) }
        let bytes = Array(beginning.utf8)
        if lock >= 0, log >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, write(lock, bytes, bytes.count) == bytes.count { return lock }
        let reason = errno
        if lock >= 0 { close(lock) }
        errno = reason
        return -1
    }

    /// The record and whether the supervisor lives; nil when there is no such attempt.
    func read() -> (record: AttemptRecord, isSupervised: Bool)? {
        let descriptor = open(recordPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let record = AttemptRecord(FileBytes.read(descriptor, from: 0, limit: AttemptRecord.limit))
        guard record.outcome == nil else { return (record, false) }
        if flock(descriptor, LOCK_SH | LOCK_NB) != 0 { return (record, true) }
        // It may have ended between the two questions.
        return (AttemptRecord(FileBytes.read(descriptor, from: 0, limit: AttemptRecord.limit)), false)
    }

    /// A descriptor that becomes readable when the supervisor ends; nil when it has, or has not yet written who it is.
    func supervisorDescriptor() -> Int32? {
        guard let supervisor = read()?.record.supervisor else { return nil }
        let descriptor = step_pidfd_open(supervisor)
        guard descriptor >= 0 else { return nil }
        // Asked after opening: as long as the supervisor lives, its number is its own.
        guard read()?.isSupervised == true else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Records when SIGKILL is due and tells the supervisor, which does the rest.
    ///
    /// First the record, then the signal: a supervisor that has not yet written who it is looks for the record before it starts anything.
    func cancel(deadline: Timestamp) {
        if let earlier = cancellationDeadline(), earlier <= deadline { return remindOfCancellation() }
        let draft = path + "/cancel-\(Self.unique())"
        if FileBytes.create(draft, "\(deadline.milliseconds)\n") { rename(draft, path + "/cancel") }
        remindOfCancellation()
    }

    /// Tells the supervisor of a recorded cancellation, in case that an earlier server did not come to it.
    func remindOfCancellation() {
        guard access(path + "/cancel", F_OK) == 0, let descriptor = supervisorDescriptor() else { return }
        _ = step_pidfd_signal(descriptor, SIGTERM)
        close(descriptor)
    }

    private func cancellationDeadline() -> Timestamp? {
        guard let bytes = FileBytes.read(path + "/cancel", limit: 64) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return Timestamp(milliseconds: Int64(text.split(whereSeparator: \.isWhitespace).first ?? "") ?? 0)
    }

    /// Ends what an attempt without a supervisor left running, and records that it is lost, so that this happens once.
    ///
    /// Process numbers of an earlier boot mean nothing now; then nothing is sent to anyone.
    func settleLost(_ record: AttemptRecord) {
        if record.boot == Self.boot ?? "" {
            ControlGroups.end(record.groups)
            record.command?.killSession()
        }
        let descriptor = open(recordPath, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = write(descriptor, "lost\n", 5)
    }

    /// - Parameter spares: Gets the folder of an attempt that ended by itself: nothing of it can write there any more.
    func remove(to spares: SpareFolders) {
        if read()?.record.end != nil, access(path + "/cancel", F_OK) != 0, spares.put(path) { return }
        // Out of sight at once, so that a half-removed attempt is never read.
        let gone = path.replacingLastComponent(with: ".gone-\(Self.unique())")
        if rename(path, gone) == 0 { Self.remove(gone) }
    }

    /// A name that nobody else chooses; a UUID of Foundation's would read /dev/urandom each time.
    private static func unique() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

    private static func remove(_ folder: String) {
        for name in ["record", "log"] { unlink("\(folder)/\(name)") }
        guard rmdir(folder) != 0, errno == ENOTEMPTY || errno == EEXIST else { return }
        // It was cancelled.
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func unwritable(_ path: String) -> Problem {
        let reason = errno
        return Problem(
            reason == ENOSPC || reason == EDQUOT ? .storageFull : .unavailable, "steps.folder.unwritable",
            "The step could not be started: its record cannot be written.", why: String(cString: strerror(reason)),
            fix: "Make room and give Dhow the right to write in its data folder.")
    }
}

extension String {
    fileprivate func replacingLastComponent(with name: String) -> String {
        guard let slash = lastIndex(of: "/") else { return name }
        return String(self[...slash]) + name
    }
}
