// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// What is kept on disk of one attempt: the folder `<runner's folder>/<attempt id>`.
///
/// | file | holds | written by |
/// |---|---|---|
/// | `lock` | the boot's id; locked (flock) for as long as the supervisor lives | runner |
/// | `log` | standard output and error of the command | command |
/// | `supervisor`, `command` | `PID START-TICKS` | supervisor |
/// | `cancel` | `DEADLINE`, milliseconds UTC of the SIGKILL | runner |
/// | `timeout` | nothing; there when the time limit was reached | supervisor |
/// | `exit` | `exited STATUS`, `cancelled` or `timedOut`, and a newline; `lost` when the supervisor left none | supervisor, runner |
struct AttemptFolder {
    let path: String

    init(of attemptID: String, in folder: String) throws(Problem) {
        try ResourceName.check(attemptID, of: "attempt")
        path = "\(folder)/\(attemptID)"
    }

    var exists: Bool { access(path, F_OK) == 0 }
    var logPath: String { path + "/log" }
    var supervisor: ProcessIdentity? { identity("supervisor") }
    var command: ProcessIdentity? { identity("command") }

    /// Claims the attempt: true for exactly one caller among all processes. `body` gets the lock, which it may pass on.
    ///
    /// The folder appears under its name only when the lock is held, so nobody takes an attempt being started for a lost one.
    func claim(_ body: (_ lock: Int32) throws(Problem) -> Void) throws(Problem) -> Bool {
        let draft = path.replacingLastComponent(with: ".new-\(UUID().uuidString)")
        guard mkdir(draft, 0o700) == 0 else { throw Self.unwritable(draft) }
        let lock = open(draft + "/lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let boot = Self.boot()
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, write(lock, boot, boot.count) == boot.count,
            FileBytes.create(draft + "/log", "")
        else {
            let problem = Self.unwritable(draft)
            if lock >= 0 { close(lock) }
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

    /// Nil as long as the supervisor has written no complete record.
    func outcome() -> AttemptState? {
        guard let bytes = FileBytes.read(path + "/exit", limit: 64), bytes.last == UInt8(ascii: "\n") else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        switch words.first {
        case "cancelled": return .cancelled
        case "timedOut": return .timedOut
        case "lost": return .lost
        case "exited":
            guard words.count == 2, let status = Int(words[1]) else { return nil }
            return switch status {
            case 0: .succeeded
            case 129...192: .killed(signal: status - 128)
            default: .failed(exitCode: status)
            }
        default: return nil
        }
    }

    /// True as long as the supervisor lives, since its first moment.
    var isSupervised: Bool {
        let lock = open(path + "/lock", O_RDONLY | O_CLOEXEC)
        guard lock >= 0 else { return false }
        defer { close(lock) }
        return flock(lock, LOCK_SH | LOCK_NB) != 0
    }

    func recordCancellation(deadline: Timestamp) -> Bool {
        FileBytes.create(path + "/cancel", "\(deadline.milliseconds)\n")
    }

    /// When a cancelled attempt is to get SIGKILL; nil when nobody cancelled it.
    func cancellationDeadline() -> Timestamp? {
        guard let bytes = FileBytes.read(path + "/cancel", limit: 64) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return Timestamp(milliseconds: Int64(text.split(whereSeparator: \.isWhitespace).first ?? "") ?? 0)
    }

    /// Ends what an attempt without a supervisor left running, and records that it is lost, so that this happens once.
    ///
    /// Process numbers of an earlier boot mean nothing now; then nothing is sent to anyone.
    func settleLost() {
        if FileBytes.read(path + "/lock", limit: 64) == Self.boot() {
            command?.killSession()
            supervisor?.killSession()
        }
        _ = FileBytes.create(path + "/exit", "lost\n")
    }

    func remove() {
        // Out of sight at once, so that a half-removed attempt is never read.
        let gone = path.replacingLastComponent(with: ".gone-\(UUID().uuidString)")
        if rename(path, gone) == 0 { Self.remove(gone) }
    }

    private func identity(_ name: String) -> ProcessIdentity? {
        FileBytes.read("\(path)/\(name)", limit: 64).flatMap { ProcessIdentity(line: String(decoding: $0, as: UTF8.self)) }
    }

    private static func boot() -> [UInt8] { FileBytes.read("/proc/sys/kernel/random/boot_id", limit: 64) ?? [] }

    private static func remove(_ folder: String) {
        for name in ["lock", "log", "supervisor", "command", "cancel", "timeout", "exit"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
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
