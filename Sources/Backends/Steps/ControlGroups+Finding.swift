// SPDX-License-Identifier: Apache-2.0

import Foundation

extension ControlGroups {
    /// Nil when no group can be made.
    static func find() -> ControlGroups? {
        guard let mounts = FileBytes.read("/proc/self/mountinfo", limit: 1 << 20),
            let memberships = FileBytes.read("/proc/self/cgroup", limit: 1 << 16)
        else { return nil }
        let folders = folders(mounts: String(decoding: mounts, as: UTF8.self), memberships: String(decoding: memberships, as: UTF8.self))
        var places: [Controller: Place] = [:]
        for controller in Controller.allCases {
            if let folder = folders.first[controller], isUsable(folder, controller, version: 1) {
                places[controller] = Place(version: 1, folder: folder)
            } else if let own = folders.second {
                // A group with processes in it, such as our own, cannot hand controllers down; the one above can, when it was
                // delegated to us (systemd: Delegate=yes and DelegateSubgroup=).
                let above = own.lastIndex(of: "/").map { String(own[..<$0]) }
                if let folder = [own, above].compactMap({ $0 }).first(where: { handsDown(controller, $0) }) {
                    places[controller] = Place(version: 2, folder: folder)
                }
            }
        }
        return places.isEmpty ? nil : ControlGroups(places: places)
    }

    /// The folders of this process's own groups, out of `/proc/self/mountinfo` and `/proc/self/cgroup`.
    package static func folders(mounts: String, memberships: String) -> (first: [Controller: String], second: String?) {
        var paths: [Substring: Substring] = [:]
        for line in memberships.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for name in parts[1].isEmpty ? [""] : parts[1].split(separator: ",") { paths[name] = parts[2] }
        }
        var first: [Controller: String] = [:]
        var second: String?
        for line in mounts.split(separator: "\n") {
            // … root mount-point options … - type source options; https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
            let halves = line.components(separatedBy: " - ")
            guard halves.count == 2 else { continue }
            let left = halves[0].split(separator: " ")
            let right = halves[1].split(separator: " ")
            guard left.count > 5, right.count > 2 else { continue }
            func folder(_ path: Substring) -> String {
                let root = left[3] == "/" ? "" : left[3]
                let below = path.hasPrefix(root) ? path.dropFirst(root.count) : path
                return String(left[4]) + (below == "/" ? "" : below)
            }
            if right[0] == "cgroup2", let path = paths[""] { second = folder(path) }
            guard right[0] == "cgroup" else { continue }
            for name in right[2].split(separator: ",") {
                if let controller = Controller(rawValue: String(name)), let path = paths[name] { first[controller] = folder(path) }
            }
        }
        return (first, second)
    }

    /// Whether groups made in the folder are under the controller.
    private static func isUsable(_ folder: String, _ controller: Controller, version: Int) -> Bool {
        let probe = "\(folder)/dhow-probe-\(getpid())"
        guard mkdir(probe, 0o755) == 0 else { return false }
        defer { rmdir(probe) }
        return access("\(probe)/\(controller.file(version: version))", W_OK) == 0
    }

    /// The same for the second version, after asking for the controller where it is not handed down yet.
    private static func handsDown(_ controller: Controller, _ folder: String) -> Bool {
        if isUsable(folder, controller, version: 2) { return true }
        let control = folder + "/cgroup.subtree_control"
        guard contents(folder + "/cgroup.controllers").contains(Substring(controller.rawValue)), access(control, W_OK) == 0 else {
            return false
        }
        _ = FileBytes.set(control, "+\(controller.rawValue)")
        return isUsable(folder, controller, version: 2)
    }

    private static func contents(_ path: String) -> [Substring] {
        String(decoding: FileBytes.read(path, limit: 1 << 16) ?? [], as: UTF8.self).split(whereSeparator: \.isWhitespace)
    }
}
