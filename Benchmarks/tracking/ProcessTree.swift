// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A process with all its descendants, as `/proc` tells of them.
struct ProcessTree {
    let root: Int32

    /// User and system seconds of all of them so far, those of collected children included.
    func processorSeconds() -> Double {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return members().compactMap(Self.fields).reduce(0) { sum, fields in
            sum + fields[11...14].compactMap { Double($0) }.reduce(0, +) / ticks
        }
    }

    /// Proportional set size of all of them, in MiB: shared pages are counted once.
    func memory() -> Double {
        members().reduce(0) { sum, process in
            let text = (try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8)) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
            return sum + (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
        }
    }

    func count() -> Int { members().count }

    func signal(_ signal: Int32) {
        for process in members().reversed() { kill(process, signal) }
    }

    private func members() -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = Int32(name), let fields = Self.fields(of: process), let parent = Int32(fields[1]) else { continue }
            children[parent, default: []].append(process)
        }
        var found = [root]
        var position = 0
        while position < found.count {
            found += children[found[position]] ?? []
            position += 1
        }
        return found
    }

    /// The fields of `/proc/PID/stat` after the program's name, the state first.
    private static func fields(of process: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 14 ? fields : nil
    }
}
