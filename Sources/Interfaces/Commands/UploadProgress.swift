// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// How far the sending of a file has come, on standard error: at most one line a second, and none for what takes less.
final class UploadProgress: Sendable {
    private let name: String
    private let last = Mutex(ContinuousClock.now)

    init(of name: String) {
        self.name = name
    }

    func tell(_ read: Int64, _ size: Int64) {
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            guard now - last >= .seconds(1) else { return false }
            last = now
            return true
        }
        guard isDue, size > 0 else { return }
        FileHandle.standardError.write(Data("\(name): \(read * 100 / size) % of \(size >> 20) MiB\n".utf8))
    }
}
