// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where the kernel's control groups can be made for single attempts: of either version, delegated to this user or as root.
package struct ControlGroups: Sendable {
    package enum Controller: String, CaseIterable, Sendable {
        case memory, pids, cpu

        /// A file that every group under the controller has.
        func file(version: Int) -> String {
            switch (self, version) {
            case (.memory, 1): "memory.limit_in_bytes"
            case (.cpu, 1): "cpu.cfs_quota_us"
            case (.pids, 1): "pids.max"
            default: "\(rawValue).max"
            }
        }
    }

    struct Place: Sendable {
        var version: Int
        /// The folder that groups are made in.
        var folder: String
    }

    private(set) var places: [Controller: Place] = [:]

    /// What this machine gives this process; found once.
    static let found = find()

    /// The limits of an attempt, by groups made for it as far as there are any, else by its processes' own limits.
    func make(for attemptID: String, _ resources: AttemptResources) -> AttemptLimits {
        var limits = Self.processLimits(resources)
        var made: [String: String] = [:]
        func group(_ controller: Controller) -> (path: String, version: Int)? {
            guard let place = places[controller] else { return nil }
            if let path = made[place.folder] { return (path, place.version) }
            let path = "\(place.folder)/dhow-\(attemptID)-\(String(UInt32.random(in: .min ... .max), radix: 36))"
            guard mkdir(path, 0o755) == 0 else { return nil }
            made[place.folder] = path
            return (path, place.version)
        }
        if let bytes = resources.memoryBytes, let (path, version) = group(.memory), Self.limitMemory(to: bytes, path, version) {
            limits.addressSpace = 0
        }
        if let count = resources.processes, let (path, _) = group(.pids), FileBytes.set("\(path)/pids.max", "\(count)") {
            limits.processes = 0
        }
        if let milli = resources.cpuMilli, let (path, version) = group(.cpu) {
            if version == 2 {
                _ = FileBytes.set("\(path)/cpu.max", "\(milli * 100) 100000")
            } else {
                _ = FileBytes.set("\(path)/cpu.cfs_period_us", "100000")
                _ = FileBytes.set("\(path)/cpu.cfs_quota_us", "\(milli * 100)")
            }
        }
        limits.groups = made.values.sorted()
        return limits
    }

    /// What can be kept without groups: the address space of each process, and the number of processes of this user, who runs others too.
    static func processLimits(_ resources: AttemptResources) -> AttemptLimits {
        var limits = AttemptLimits()
        limits.addressSpace = UInt64(resources.memoryBytes ?? 0)
        // The kernel counts all threads of the user, and does not count root's.
        if let count = resources.processes, geteuid() != 0 { limits.processes = UInt64(count + threadsOfThisUser()) }
        return limits
    }

    /// Ends whatever is in the groups and removes them.
    static func end(_ groups: [String]) {
        for group in groups where group.contains("/dhow-") {
            if !FileBytes.set(group + "/cgroup.kill", "1") {
                for _ in 0..<100 {
                    let members = FileBytes.read(group + "/cgroup.procs", limit: 1 << 16) ?? []
                    let numbers = String(decoding: members, as: UTF8.self).split(separator: "\n").compactMap { pid_t($0) }
                    if numbers.isEmpty { break }
                    for number in numbers { kill(number, SIGKILL) }
                }
            }
            rmdir(group)
        }
    }

    /// Puts the launcher, and with it all supervisors and commands, under one bound on processes, so that no step takes the machine's last.
    static func bound(_ launcher: pid_t) {
        guard let place = found?.places[.pids] else { return }
        let path = place.folder + "/dhow-steps"
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { return }
        let most = FileBytes.read("/proc/sys/kernel/pid_max", limit: 32).flatMap { Int(String(decoding: $0.dropLast(), as: UTF8.self)) }
        if FileBytes.set(path + "/pids.max", "\((most ?? 32768) / 2)") { _ = FileBytes.set(path + "/cgroup.procs", "\(launcher)") }
    }

    private static func limitMemory(to bytes: Int64, _ path: String, _ version: Int) -> Bool {
        if version == 2 {
            guard FileBytes.set(path + "/memory.max", "\(bytes)") else { return false }
            _ = FileBytes.set(path + "/memory.swap.max", "0")
            _ = FileBytes.set(path + "/memory.oom.group", "1")
        } else {
            guard FileBytes.set(path + "/memory.limit_in_bytes", "\(bytes)") else { return false }
            _ = FileBytes.set(path + "/memory.memsw.limit_in_bytes", "\(bytes)")
        }
        return true
    }

    private static func threadsOfThisUser() -> Int {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return numbers.reduce(0) { sum, number in
            var status = stat()
            guard pid_t(number) != nil, stat("/proc/\(number)", &status) == 0, status.st_uid == geteuid(),
                let bytes = FileBytes.read("/proc/\(number)/stat", limit: 4096), let end = bytes.lastIndex(of: UInt8(ascii: ")"))
            else { return sum }
            let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
            return sum + (fields.count > 17 ? Int(fields[17]) ?? 1 : 1)
        }
    }
}
