// SPDX-License-Identifier: Apache-2.0

import Backends
import Synchronization

/// What is kept of the logs of attempts that go on.
final class KeptLogs: Sendable {
    private let archives = Mutex<[String: LogArchive]>([:])

    /// Whether the log is nobody's yet; it is the caller's then.
    func begin(_ attemptID: String) -> Bool {
        archives.withLock { archives in
            if archives[attemptID] != nil { return false }
            archives[attemptID] = LogArchive()
            return true
        }
    }

    /// Nothing once the attempt's end has asked for the latest.
    func keep(_ archive: LogArchive, of attemptID: String) {
        archives.withLock { archives in
            if archives[attemptID] != nil { archives[attemptID] = archive }
        }
    }

    /// For the attempt's end; nothing is kept of it afterwards.
    func latest(of attemptID: String) -> LogArchive { archives.withLock { $0.removeValue(forKey: attemptID) } ?? LogArchive() }

    func end(_ attemptID: String) { archives.withLock { $0[attemptID] = nil } }
}
