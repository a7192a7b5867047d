// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A process, told from a later one with the same number by its start time (field 22 of `/proc/PID/stat`, clock ticks since boot).
struct ProcessIdentity: Equatable {
    var processID: pid_t
    var startTicks: UInt64

    init(processID: pid_t, startTicks: UInt64) {
        self.processID = processID
        self.startTicks = startTicks
    }

    /// From `PID TICKS`.
    init?(line: Substring) {
        let parts = line.split(separator: " ")
        guard parts.count == 2, let processID = pid_t(parts[0]), processID > 1, let startTicks = UInt64(parts[1]) else { return nil }
        self.init(processID: processID, startTicks: startTicks)
    }

    /// The process that has this number now.
    init?(running processID: pid_t) {
        guard let bytes = FileBytes.read("/proc/\(processID)/stat", limit: 4096),
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        // The second field, the name, may hold anything; the third begins behind the last ')'.
        let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 19, let startTicks = UInt64(fields[19]) else { return nil }
        self.init(processID: processID, startTicks: startTicks)
    }

    /// SIGKILL to every process of the session that this process leads or led.
    ///
    /// A session's number is not given out again while a member lives. When the number now belongs to another process, no member of the
    /// old session is left and nothing is sent.
    func killSession() {
        if let current = ProcessIdentity(running: processID), current != self { return }
        guard let entries = opendir("/proc") else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let member = pid_t(name), member > 1, getsid(member) == processID else { continue }
            kill(member, SIGKILL)
        }
    }
}
