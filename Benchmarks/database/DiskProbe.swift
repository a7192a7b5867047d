// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Appends 4 KiB and syncs, one after the other: what the disk allows one durable writer.
struct DiskProbe {
    struct Failed: Error { var call: String }

    let path: String

    func measure(seconds: Double) throws -> Measurement {
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failed(call: "open") }
        defer { close(file) }
        let page = [UInt8](repeating: 7, count: 4096)
        let clock = ContinuousClock()
        let start = clock.now
        let processor = processorSeconds()
        var writes = 0
        while clock.now - start < .seconds(seconds) {
            guard write(file, page, page.count) == page.count else { throw Failed(call: "write") }
            guard fsync(file) == 0 else { throw Failed(call: "fsync") }
            writes += 1
        }
        let elapsed = (clock.now - start) / .seconds(1)
        return Measurement(writes: writes, seconds: elapsed, cpuSeconds: processorSeconds() - processor)
    }
}
