// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Seconds of processor, in user and system mode together.
package struct ProcessorTime: Equatable, Sendable {
    /// Of the process itself, all its threads.
    package var own: Double
    /// Of its children that have ended and been waited for, and theirs.
    package var children: Double

    package init(own: Double, children: Double) {
        self.own = own
        self.children = children
    }

    /// Of a running process with the processes it runs to start others, such as the launcher of steps; nil when it is gone or the system has
    /// no `/proc`. What those have started and waited for counts as its children.
    package init?(ofProcess identifier: Int32) {
        self.init(ofProcessAlone: identifier)
        for helper in Self.children(of: identifier) {
            guard let time = ProcessorTime(ofProcessAlone: helper) else { continue }
            own += time.own
            children += time.children
        }
    }

    /// Those that run now, started by any of its threads.
    private static func children(of identifier: Int32) -> [Int32] {
        let folder = "/proc/\(identifier)/task"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).flatMap { thread -> [Int32] in
            guard let handle = FileHandle(forReadingAtPath: "\(folder)/\(thread)/children") else { return [] }
            defer { try? handle.close() }
            let text = (try? handle.readToEnd()).flatMap { String(data: $0, encoding: .utf8) } ?? ""
            return text.split(separator: " ").compactMap { Int32($0) }
        }
    }

    private init?(ofProcessAlone identifier: Int32) {
        // FileHandle, since files in /proc have no size.
        guard let handle = FileHandle(forReadingAtPath: "/proc/\(identifier)/stat") else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.readToEnd() else { return nil }
        self.init(stat: String(decoding: data, as: UTF8.self), ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// The fields utime, stime, cutime and cstime, 14 to 17, of `/proc/PID/stat` (proc(5)); the second field is a name in parentheses that
    /// may itself hold spaces and parentheses.
    init?(stat: String, ticksPerSecond: Double) {
        guard let nameEnd = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        let ticks = fields.dropFirst(11).prefix(4).compactMap { Double($0) }
        guard ticks.count == 4, ticksPerSecond > 0 else { return nil }
        own = (ticks[0] + ticks[1]) / ticksPerSecond
        children = (ticks[2] + ticks[3]) / ticksPerSecond
    }

    /// Of this process.
    package static func ofThisProcess() -> ProcessorTime {
        #if canImport(Glibc)
        ProcessorTime(own: seconds(Int32(RUSAGE_SELF.rawValue)), children: seconds(Int32(RUSAGE_CHILDREN.rawValue)))
        #else
        ProcessorTime(own: seconds(RUSAGE_SELF), children: seconds(RUSAGE_CHILDREN))
        #endif
    }

    private static func seconds(_ who: Int32) -> Double {
        var usage = rusage()
        guard getrusage(who, &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
