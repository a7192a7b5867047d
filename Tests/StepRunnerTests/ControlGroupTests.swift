// SPDX-License-Identifier: Apache-2.0

import Backends
import Testing

@Suite("Control groups")
struct ControlGroupTests {
    @Test("of the first version are found beside an empty second one")
    func hybrid() {
        let mounts = """
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            """
        let folders = ControlGroups.folders(mounts: mounts, memberships: "4:memory:/a/b\n2:cpu,cpuacct:/\n0::/\n")
        #expect(folders.first == [.memory: "/sys/fs/cgroup/memory/a/b", .cpu: "/sys/fs/cgroup/cpu,cpuacct"])
        #expect(folders.second == "/sys/fs/cgroup/unified")
    }

    @Test("of the second version are found below a service's own group")
    func unified() {
        let mounts = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
        let folders = ControlGroups.folders(mounts: mounts, memberships: "0::/system.slice/dhow.service\n")
        #expect(folders.first.isEmpty)
        #expect(folders.second == "/sys/fs/cgroup/system.slice/dhow.service")
    }

    @Test("mounted from a part of the tree, as in a container, are found by what is left of the path")
    func bound() {
        let mounts = "30 23 0:26 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
        #expect(ControlGroups.folders(mounts: mounts, memberships: "0::/docker/ab/dhow\n").second == "/sys/fs/cgroup/dhow")
        #expect(ControlGroups.folders(mounts: mounts, memberships: "0::/docker/ab\n").second == "/sys/fs/cgroup")
    }

    @Test("are none where nothing is mounted")
    func none() {
        let folders = ControlGroups.folders(mounts: "22 27 0:21 / /proc rw - proc proc rw\n", memberships: "0::/\n")
        #expect(folders.first.isEmpty)
        #expect(folders.second == nil)
    }
}
