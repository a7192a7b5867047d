// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// Seconds of CPU that a process and its ended, waited-for children have used: `/proc/PID/schedstat` to the nanosecond for itself, clock
/// ticks for the children.
struct ProcessTimes {
    var own: Double
    var children: Double

    init(_ process: pid_t) throws {
        let fields = try Self.fields(of: process)
        let tick = Double(sysconf(Int32(_SC_CLK_TCK)))
        // utime stime cutime cstime are fields 14 to 17; the fields here begin with the third.
        own = (Double(fields[11]) ?? 0) / tick + (Double(fields[12]) ?? 0) / tick
        children = (Double(fields[13]) ?? 0) / tick + (Double(fields[14]) ?? 0) / tick
    }

    /// The child of this process that starts supervisors.
    static func launcher() throws -> pid_t {
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let process = pid_t(name), let fields = try? fields(of: process), pid_t(fields[1]) == getpid() else { continue }
            let comm = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)
            if comm == "dhow-launcher\n" { return process }
        }
        throw Problem(.internal, "bench.launcher.missing", "No launcher is running.")
    }

    private static func fields(of process: pid_t) throws -> [Substring] {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        guard let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }
}
