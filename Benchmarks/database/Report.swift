// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What one load achieved.
struct Measurement {
    var writes: Int
    var seconds: Double
    /// User and system time of this process; the Postgres server's is not in it.
    var cpuSeconds: Double
    /// Nil where the engine does not tell.
    var writesPerCommit: Double?

    var rate: Double { Double(writes) / seconds }
    var cpuMicroseconds: Double { cpuSeconds * 1e6 / Double(max(1, writes)) }
}

/// A table of loads, each beside the rate of bare writes with fsync, which is the mean of those measured before and after.
struct Report {
    private var rows: [(name: String, writers: Int, measurement: Measurement)] = []

    mutating func add(_ name: String, writers: Int, _ measurement: Measurement) {
        rows.append((name, writers, measurement))
    }

    func print() {
        let bare = rows.filter { $0.name == "write+fsync" }.map(\.measurement.rate)
        let base = bare.reduce(0, +) / Double(max(1, bare.count))
        Swift.print("load         writers   writes/s   of fsync   CPU µs/write   writes/commit")
        for (name, writers, measurement) in rows {
            let group = measurement.writesPerCommit.map { String(format: "%.1f", $0) } ?? "-"
            let numbers = String(
                format: "%7d %10.0f %9.2fx %14.1f", writers, measurement.rate, measurement.rate / base, measurement.cpuMicroseconds)
            Swift.print(
                name.padding(toLength: 12, withPad: " ", startingAt: 0) + numbers + String(repeating: " ", count: max(1, 16 - group.count))
                    + group)
        }
    }
}

/// User and system seconds of this process so far.
func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
